"""The contacts of a REGISTER, as far as the limit of contacts needs them (RFC 3261 §20.10)."""

from __future__ import annotations

import re

from carillon.model.frozen import dataclass

EVERYTHING = "*"

_PARAMETERS = r'((?:[^,"]|"(?:[^"\\]|\\.)*")*)'
_ONE = re.compile(
    rf'\s*(?:"(?:[^"\\]|\\.)*"\s*|[^<,"]*)<([^>]*)>{_PARAMETERS}(?:,|$)|\s*([^\s,;<>"]+){_PARAMETERS}(?:,|$)'
)
_EXPIRES = re.compile(r";\s*expires\s*=\s*\"?([0-9]{1,10})", re.IGNORECASE)
_INSTANCE = re.compile(r';\s*\+sip\.instance\s*=\s*"([^"]*)"', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Contact:
    """A place to be reached at. `expires_s` of 0 removes it, None is the header's; `instance` names the device."""

    uri: str
    expires_s: int | None = None
    instance: str = ""

    def is_same_as(self, other: Contact) -> bool:
        """Whether one replaces the other: the same URI, or the same device (RFC 5626 §6)."""
        return self.uri == other.uri or bool(self.instance and self.instance == other.instance)


def contacts(headers: str) -> tuple[Contact, ...]:
    """The contacts in the values of all Contact headers, joined by commas; `*` is a contact of that URI."""
    return tuple(_contact(found[1] or found[3] or "", found[2] or found[4] or "") for found in _ONE.finditer(headers))


def _contact(uri: str, parameters: str) -> Contact:
    expires, instance = _EXPIRES.search(parameters), _INSTANCE.search(parameters)
    return Contact(uri.strip(), int(expires[1]) if expires else None, instance[1] if instance else "")


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
