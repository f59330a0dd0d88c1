"""The contacts of a REGISTER: what they say, and what is wrong with them (RFC 3261 §20.10, RFC 5626 §4.2)."""

from __future__ import annotations

import re
from functools import lru_cache

from carillon.model.frozen import dataclass
from carillon.sip.uri import SipUri

EVERYTHING = "*"
LONGEST = 512
"""Characters of a contact's URI: those with push parameters (RFC 8599) are long."""
LONGEST_INSTANCE = 255

_PARAMETERS = r'((?:[^,"]|"(?:[^"\\]|\\.)*")*)'
_ONE = re.compile(
    rf'\s*(?:"(?:[^"\\]|\\.)*"\s*|[^<,"]*)<([^>]*)>{_PARAMETERS}(?:,|$)|\s*([^\s,;<>"]+){_PARAMETERS}(?:,|$)'
)
_EXPIRES = re.compile(r";\s*expires\s*=\s*\"?([0-9]{1,10})\"?\s*(?=[;,]|$)", re.IGNORECASE)
_INSTANCE = re.compile(r';\s*\+sip\.instance\s*=\s*"([^"]*)"', re.IGNORECASE)
_REG_ID = re.compile(r";\s*reg-id\s*=\s*([^;,\s]*)", re.IGNORECASE)
_Q = re.compile(r";\s*q\s*=\s*([^;,\s]*)", re.IGNORECASE)
_Q_VALUE = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
_REG_ID_VALUE = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Contact:
    """A place to be reached at. `expires_s` of 0 removes it, None is the header's; `instance` names the device.

    `reg_id` numbers the device's flows from 1; 0: it has none. `q` is as typed.
    """

    uri: str
    expires_s: int | None = None
    instance: str = ""
    reg_id: int = 0
    q: str = ""

    def is_same_as(self, other: Contact) -> bool:
        """Whether one replaces the other: the same flow of the same device (RFC 5626 §6), else the same URI."""
        if self.instance and self.instance == other.instance:
            return self.reg_id == other.reg_id
        return self.uri == other.uri and not (self.instance and other.instance)


@lru_cache(maxsize=1024)  # two rules ask, and a phone that refreshes says the same again
def contacts(headers: str) -> tuple[Contact, ...]:
    """The contacts in the values of all Contact headers, joined by commas; `*` is a contact of that URI."""
    return tuple(_contact(found[1] or found[3] or "", found[2] or found[4] or "") for found in _ONE.finditer(headers))


def _contact(uri: str, parameters: str) -> Contact:
    expires, instance = _EXPIRES.search(parameters), _INSTANCE.search(parameters)
    reg_id, q = _REG_ID.search(parameters), _Q.search(parameters)
    number = int(reg_id[1]) if reg_id and _REG_ID_VALUE.fullmatch(reg_id[1]) else -1 if reg_id else 0
    seconds = int(expires[1]) if expires else None
    return Contact(uri.strip(), seconds, instance[1] if instance else "", number, q[1] if q else "")


def fault(headers: str, default_expiry_s: int | None) -> str | None:
    """Why Contact headers cannot be taken, in words for who made them; None when they can."""
    asked = contacts(headers)
    if _unread(headers):
        return "A Contact cannot be read: write <sip:USER@HOST>, further ones behind a comma"
    if any(each.uri == EVERYTHING for each in asked):
        fits = len(asked) == 1 and default_expiry_s == 0
        return None if fits else "Contact: * removes everything: it stands alone, with Expires: 0"
    if sum(each.reg_id != 0 for each in asked) and len(asked) > 1:
        return "A REGISTER with a reg-id has one Contact"
    return next((words for each in asked if (words := _fault(each))), None)


def _fault(contact: Contact) -> str | None:
    if len(contact.uri) > LONGEST or len(contact.instance) > LONGEST_INSTANCE:
        return f"A Contact is too long: at most {LONGEST} characters, its +sip.instance {LONGEST_INSTANCE}"
    if SipUri.parse(contact.uri) is None:
        return "A Contact is no SIP address"
    if contact.q and not _Q_VALUE.fullmatch(contact.q):
        return "q is a number from 0 to 1 with three decimals at most"
    if contact.reg_id < 0:
        return "reg-id is a number from 1"
    return None


def _unread(headers: str) -> bool:
    """Whether something is left when all contacts are taken out."""
    return bool(_ONE.sub("", headers).strip(" \t\r\n,"))


def count_after(bound: tuple[Contact, ...], asked: tuple[Contact, ...], *, removes: bool) -> int:
    """How many contacts an address would have. `removes`: the expiry of contacts that give none is 0."""
    left = list(bound)
    for contact in asked:
        if contact.uri == EVERYTHING:
            return 0
        left = [each for each in left if not each.is_same_as(contact)]
        if contact.expires_s or (contact.expires_s is None and not removes):
            left.append(contact)
    return len(left)
