"""Mailboxes and announcements, compiled for the services that answer calls."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, or_, select

from carillon.model.change import Noun, Subject
from carillon.model.voicemail import LONGEST_S, MOST
from carillon.stores.sql.among import among
from carillon.stores.sql.tables import announcement, user, voicemail

MailboxRow = tuple[str, str, str, str | None, bool, int, int]
"""The values of `servicesettings.MAILBOX`."""

_PERSON = (user.c.domain, user.c.extension)


def mailboxes_of(connection: Connection, touched: frozenset[Subject] | None) -> tuple[MailboxRow, ...]:
    """The mailboxes that were touched, all when that is None, of which there is anything to say."""
    own = and_(voicemail.c.domain == user.c.domain, voicemail.c.extension == user.c.extension)
    settings = voicemail.c.mail, voicemail.c.ask_pin, voicemail.c.longest_s, voicemail.c.most
    query = select(*_PERSON, user.c.site, user.c.email, *settings).outerjoin_from(user, voicemail, own)
    query = query.where(or_(user.c.email.is_not(None), voicemail.c.extension.is_not(None)))
    if touched is not None:
        wanted = {(one.domain, one.key) for one in touched if one.noun in (Noun.USER, Noun.VOICEMAIL)}
        if not wanted:
            return ()
        query = query.where(among(_PERSON, wanted))
    return tuple(map(_mailbox, connection.execute(query)))


def _mailbox(row: Any) -> MailboxRow:
    email = None if row.mail is False else row.email
    more = (bool(row.ask_pin), row.longest_s or LONGEST_S, row.most or MOST)
    return row.domain, row.extension, row.site, email, *more


def announcements_of(connection: Connection) -> tuple[tuple[object, ...], ...]:
    """All announcements, as the values of `servicesettings.ANNOUNCEMENT`."""
    rows = connection.execute(select(announcement))
    return tuple((row.domain, row.name, row.times, row.answer, row.code, row.overflow or "") for row in rows)
