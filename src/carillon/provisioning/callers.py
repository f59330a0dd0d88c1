"""The number that outside people see of a caller: one that reaches him, or the main number of a trunk."""

from __future__ import annotations

from sqlalchemy import Connection, Select, and_, select

from carillon.model.refused import Refused
from carillon.stores.sql.tables import number, trunk, user


def require_own(connection: Connection, domain: str, extension: str, caller: str) -> None:
    """Raise `Refused` unless the user may show the E.164 number `caller`."""
    reaches = select(number.c.target).where(number.c.domain == domain, number.c.number == caller)
    if connection.execute(reaches).scalar() != extension and caller not in main_numbers(connection, domain):
        raise Refused(
            "caller_number",
            f"{caller} reaches neither {extension} nor is it a trunk's main number; `carillon number add` it first.",
        )


def require_unshown(connection: Connection, field: str, domain: str, caller: str, besides: str | None = None) -> None:
    """Raise `Refused`, naming `field`, when whom a number reaches shows it, and it is about to leave him.

    Fine is the user `besides`, and a number that stays the main number of a trunk. Nobody else can show it.
    """
    if caller in main_numbers(connection, domain):
        return
    reached = and_(number.c.domain == user.c.domain, number.c.target == user.c.extension)
    showing = select(user.c.extension).join(number, reached).where(number.c.domain == domain, number.c.number == caller)
    _require_unshown(connection, field, domain, caller, showing, besides)


def require_reaches(connection: Connection, field: str, domain: str, caller: str) -> None:
    """The same for a number that a trunk has given up, which anybody may show: fine is whom the number reaches."""
    reaches = select(number.c.target).where(number.c.domain == domain, number.c.number == caller)
    if caller not in main_numbers(connection, domain):
        everybody = select(user.c.extension).where(user.c.domain == domain)
        _require_unshown(connection, field, domain, caller, everybody, connection.execute(reaches).scalar())


def _require_unshown(
    connection: Connection, field: str, domain: str, caller: str, among: Select[tuple[str]], besides: str | None
) -> None:
    for extension in map(str, connection.execute(among.where(user.c.caller_number == caller)).scalars()):
        if extension != besides:
            raise Refused(
                field,
                f"{caller} is the number that {extension} shows; change that first:"
                f" carillon user set {extension}@{domain} --caller-number ''",
            )


def main_numbers(connection: Connection, domain: str) -> frozenset[str]:
    """The main numbers of the domain's trunks."""
    query = select(trunk.c.main_number).where(trunk.c.domain == domain, trunk.c.main_number.is_not(None))
    return frozenset(connection.execute(query).scalars())
