"""Targets of a domain: whether they are there, and what leads to them."""

from __future__ import annotations

from sqlalchemy import Connection, select

from carillon.model.refused import Refused
from carillon.model.target import Target, TargetKind, require_served
from carillon.model.user import is_extension
from carillon.stores.sql.tables import announcement, forwarding, group, number, recording_rule, user


def target_typed(connection: Connection, field: str, domain: str, text: str, country: str | None = None) -> Target:
    """The target that somebody typed, which must be of `domain`, served and there; outside only with a `country`.

    Raises `Refused`, naming `field`.
    """
    own, at, named = text.strip().partition("@")
    if at and named != domain:
        raise Refused(field, f"{text} is of another domain; choose a target in {domain}.")
    target = Target.typed(field, own, country)
    require_served(field, target)
    require_there(connection, field, domain, target)
    return target


def require_there(connection: Connection, field: str, domain: str, target: Target) -> None:
    """Raise `Refused` for a target that nobody has."""
    if is_there(connection, domain, target):
        return
    match target.kind:
        case TargetKind.NUMBER:
            raise Refused(field, f"nobody has {target} in {domain}; see `carillon number list`.")
        case TargetKind.VOICEMAIL:
            raise Refused(field, f"nobody has the extension {target.name} in {domain}; see `carillon user list`.")
        case kind:
            raise Refused(field, f"there is no {kind} {target.name} in {domain}; see `carillon {kind} list`.")


def is_there(connection: Connection, domain: str, target: Target) -> bool:
    """Whether somebody, or something, has this target; numbers outside, and one's own voicemail, always are."""
    match target.kind:
        case TargetKind.NUMBER if is_extension(target.name):
            query = select(number.c.number).where(number.c.domain == domain, number.c.number == target.name)
        case TargetKind.VOICEMAIL if target.name:
            query = select(user.c.extension).where(user.c.domain == domain, user.c.extension == target.name)
        case TargetKind.ANNOUNCEMENT:
            query = select(announcement.c.name).where(
                announcement.c.domain == domain, announcement.c.name == target.name
            )
        case TargetKind.GROUP:
            query = select(group.c.name).where(group.c.domain == domain, group.c.name == target.name)
        case _:
            return True
    return connection.execute(query).first() is not None


def leading_to(connection: Connection, domain: str, target: Target) -> list[str]:
    """What sends calls to a target of ours, in words: `number 200`, `row 3 of 102`, `group sales`."""
    text = str(target)
    dialled = select(number.c.number).where(number.c.domain == domain, number.c.target == text)
    played = select(announcement.c.name).where(announcement.c.domain == domain, announcement.c.overflow == text)
    recorded = select(recording_rule.c.id).where(recording_rule.c.domain == domain, recording_rule.c.announce == text)
    overflow = select(group.c.name).where(group.c.domain == domain, group.c.overflow == text)
    row = select(forwarding.c.id, forwarding.c.extension, forwarding.c.targets).where(
        forwarding.c.domain == domain, forwarding.c.targets.contains(text)
    )
    return [
        *(f"number {found}" for found in connection.execute(dialled).scalars()),
        *(f"group {found}" for found in connection.execute(overflow).scalars()),
        *(f"recording rule {found}" for found in connection.execute(recorded).scalars()),
        *(f"announcement {found}" for found in connection.execute(played).scalars()),
        *(f"row {found.id} of {found.extension}" for found in connection.execute(row) if text in found.targets.split()),
    ]


def require_unused(connection: Connection, domain: str, target: Target) -> None:
    """Raise `Refused` for a target that is to go, while something leads to it."""
    users = leading_to(connection, domain, target)
    if users:
        raise Refused("name", f"{target} gets the calls of {', '.join(users)}; change that first.")
