"""Where a person is registered, as his own phones and programs read it (RFC 3680). Always the full state. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from carillon.model.fields import fields_of
from carillon.presence.markup import attribute, content

TYPE: Final = "application/reginfo+xml"
_NAMESPACE = "urn:ietf:params:xml:ns:reginfo"
LATE_S: Final = 2.0
"""A contact that goes so shortly before its end has expired: the registrar's file is a second behind."""


class ContactEvent(StrEnum):
    """What has brought a contact to its state (RFC 3680 §5.2), as far as we tell them apart."""

    REGISTERED = "registered"
    REFRESHED = "refreshed"
    SHORTENED = "shortened"
    EXPIRED = "expired"
    UNREGISTERED = "unregistered"


_GONE: Final = frozenset({ContactEvent.EXPIRED, ContactEvent.UNREGISTERED})


@dataclass(frozen=True, slots=True)
class Contact:
    """One binding: `id` is the registrar's own, `ends` a Unix time, `q` None where the phone gave none."""

    id: str
    uri: str
    ends: float
    q: float | None = None
    call_id: str = ""
    cseq: int = 0
    event: ContactEvent = ContactEvent.REGISTERED

    @property
    def is_active(self) -> bool:
        """Whether it is still registered."""
        return self.event not in _GONE


def followed(before: Iterable[Contact], now_there: Iterable[Contact], now: float) -> tuple[Contact, ...]:
    """What is told after a look at the registrar; the same as `before` when nothing has happened.

    A contact that is gone is told of until the next thing happens.
    """
    known = {each.id: each for each in before}
    there = {each.id: _followed(known.get(each.id), each) for each in now_there}
    lost = [each for id, each in known.items() if id not in there and each.is_active]
    gone = [replace(each, event=_end_of(each, now)) for each in lost]
    if not gone and all(known.get(id) == each for id, each in there.items()):
        return tuple(known.values())
    return (*there.values(), *gone)


def _followed(before: Contact | None, after: Contact) -> Contact:
    if before is None or not before.is_active:
        return after
    if (before.ends, before.cseq, before.uri) == (after.ends, after.cseq, after.uri):
        return replace(after, event=before.event)
    return replace(after, event=ContactEvent.SHORTENED if after.ends < before.ends else ContactEvent.REFRESHED)


def _end_of(contact: Contact, now: float) -> ContactEvent:
    return ContactEvent.EXPIRED if contact.ends <= now + LATE_S else ContactEvent.UNREGISTERED


def write(entity: str, contacts: Iterable[Contact], version: int, now: float) -> str:
    """The document for `entity` (a SIP URI); `version` rises with each one that a watcher gets (RFC 3680 §5.1)."""
    all_of_them = tuple(contacts)
    active = any(each.is_active for each in all_of_them)
    state = "active" if active else "terminated" if all_of_them else "init"
    told = "".join(_contact(each, now) for each in all_of_them)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<reginfo xmlns="{_NAMESPACE}" version="{version}" state="full">'
        f'<registration aor={attribute(entity)} id="r" state="{state}">{told}</registration></reginfo>\n'
    )


def _contact(of: Contact, now: float) -> str:
    state = "active" if of.is_active else "terminated"
    ends = f' expires="{max(round(of.ends - now), 0)}"' if of.is_active else ""
    q = "" if of.q is None else f' q="{of.q:g}"'
    known = f" callid={attribute(of.call_id)}" if of.call_id else ""
    return (
        f'<contact id={attribute(of.id)} state="{state}" event="{of.event}"{ends}{q}{known} cseq="{of.cseq}">'
        f"<uri>{content(of.uri)}</uri></contact>"
    )


def to_text(contacts: Iterable[Contact]) -> str:
    """For a store."""
    return json.dumps(tuple(contacts), separators=(",", ":"), default=fields_of)


def parse(text: str) -> tuple[Contact, ...]:
    """What `to_text` wrote; raises KeyError, TypeError or ValueError on anything else."""
    return tuple(Contact(**{**each, "event": ContactEvent(each["event"])}) for each in json.loads(text))
