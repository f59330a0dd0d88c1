"""Whom a user may pick up besides the members of his groups: checked when typed, forgotten with who goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, select, text, update

from carillon.model.change import Noun, Subject
from carillon.model.pickup import GROUP
from carillon.model.refused import Refused
from carillon.provisioning.changes import record, state
from carillon.provisioning.places import require_user
from carillon.stores.sql.rows import user_of
from carillon.stores.sql.tables import group, user

FIELD = "pickup_of"


def found(connection: Connection, domain: str, typed: Sequence[str]) -> tuple[str, ...]:
    """The entries as they are kept: extensions and `group:NAME` of this domain. Raises `Refused`."""
    return tuple(_entry(connection, domain, text.strip()) for text in typed)


def forget(connection: Connection, who: str, domain: str, entry: str) -> None:
    """Take an entry out of all lists of a domain: whoever gets the extension or the name next is somebody else."""
    lists = (user.c.domain == domain, text("pickup_of != ''"))  # few have one: the index is theirs
    naming = select(user).where(*lists, user.c.pickup_of.contains(entry, autoescape=True))
    for row in connection.execute(naming).mappings().all():
        before = user_of(row)
        after = replace(before, pickup_of=tuple(each for each in before.pickup_of if each != entry))
        own = (user.c.domain == domain, user.c.extension == before.extension)
        connection.execute(update(user).where(*own).values(pickup_of=" ".join(after.pickup_of)))
        subject = Subject(Noun.USER, domain, before.extension)
        record(connection, who, subject, state(before, "extension"), state(after, "extension"))


def _entry(connection: Connection, domain: str, text: str) -> str:
    name = text.removeprefix(GROUP)
    own, at, home = name.partition("@")
    if at and home != domain:
        raise Refused(FIELD, f"{text} isn't of {domain}; only people of the same domain are picked up.")
    if name == text:
        return require_user(connection, FIELD, f"{own}@{domain}").extension
    query = select(group.c.name).where(group.c.domain == domain, group.c.name == own)
    if connection.execute(query).first() is None:
        raise Refused(FIELD, f"there is no group {own} in {domain}; see `carillon group list`.")
    return f"{GROUP}{own}"
