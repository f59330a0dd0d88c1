"""The number that outside people see of a caller: one that reaches him, or the main number of a trunk."""

from __future__ import annotations

from sqlalchemy import Connection, select

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
    """Raise `Refused`, naming `field`, when somebody shows a number that is about to leave him.

    Fine is the user `besides`, and a number that stays the main number of a trunk.
    """
    if caller in main_numbers(connection, domain):
        return
    showing = select(user.c.extension).where(user.c.domain == domain, user.c.caller_number == caller)
    for extension in connection.execute(showing.order_by(user.c.extension)).scalars():
        if extension != besides:
            raise Refused(
                field,
                f"{caller} is the number that {extension} shows; change that first:"
                f" carillon user set {extension}@{domain} --caller-number ''",
            )


def require_reaches(connection: Connection, field: str, domain: str, caller: str) -> None:
    """The same for a number that a trunk has given up: fine is the user whom the number reaches."""
    reaches = select(number.c.target).where(number.c.domain == domain, number.c.number == caller)
    require_unshown(connection, field, domain, caller, besides=connection.execute(reaches).scalar())


def main_numbers(connection: Connection, domain: str) -> frozenset[str]:
    """The main numbers of the domain's trunks."""
    query = select(trunk.c.main_number).where(trunk.c.domain == domain, trunk.c.main_number.is_not(None))
    return frozenset(connection.execute(query).scalars())
