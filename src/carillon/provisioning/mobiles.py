"""Mobile telephones of people: a call that comes in from one is shown as theirs."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from carillon.model.change import Noun, Subject
from carillon.model.e164 import e164
from carillon.model.refused import Refused
from carillon.model.user import User
from carillon.provisioning import sites
from carillon.provisioning.changes import record
from carillon.stores.sql.tables import mobile, number


def set_of(connection: Connection, who: str, of: User, typed: Sequence[str]) -> int:
    """Let a user have these mobiles and no others. Returns the sequence of the last change; raises `Refused`."""
    country = sites.require_in(connection, "site", of.domain, of.site).country
    wanted = tuple(dict.fromkeys(e164("mobile", text, country) for text in typed if text.strip()))
    before = numbers_of(connection, of.domain, of.extension)
    for one in wanted:
        if one not in before:
            _require_free(connection, of, one)
    sequence = 0
    for one in (each for each in before if each not in wanted):
        connection.execute(delete(mobile).where(mobile.c.domain == of.domain, mobile.c.number == one))
        sequence = record(connection, who, _subject(of, one), {"of": of.extension}, None)
    for one in (each for each in wanted if each not in before):
        connection.execute(insert(mobile).values(domain=of.domain, number=one, extension=of.extension))
        sequence = record(connection, who, _subject(of, one), None, {"of": of.extension})
    return sequence


def numbers_of(connection: Connection, domain: str, extension: str) -> tuple[str, ...]:
    """The mobiles of a user, E.164."""
    query = select(mobile.c.number).where(mobile.c.domain == domain, mobile.c.extension == extension)
    return tuple(connection.execute(query.order_by(mobile.c.number)).scalars())


def _require_free(connection: Connection, of: User, wanted: str) -> None:
    holder = select(mobile.c.extension).where(mobile.c.domain == of.domain, mobile.c.number == wanted)
    other = connection.execute(holder).scalar()
    if other is not None:
        raise Refused("mobile", f"{wanted} is the mobile of {other} already; one number is one person's.")
    ours = select(number.c.target).where(number.c.domain == of.domain, number.c.number == wanted)
    if connection.execute(ours).scalar() is not None:
        raise Refused("mobile", f"{wanted} is a number of this system; a mobile is a telephone outside.")


def _subject(of: User, wanted: str) -> Subject:
    return Subject(Noun.MOBILE, of.domain, wanted)
