"""A phone or an application that registers: its credentials, kept as HA1 only (RFC 7616 §3.4.2)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from carillon.model.domain import require_canonical
from carillon.model.priority import require_priority
from carillon.model.refused import Refused
from carillon.model.user import require_extension

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_MD5 = re.compile(r"[0-9a-f]{32}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
LONGEST_PASSWORD = 128


@dataclass(frozen=True, slots=True)
class Device:
    """One device of the user with `extension`. `name` is its digest username, unique in its domain.

    `encryption`: it is offered encrypted sound and no other (RTP/SAVP, RFC 4568) when it rings. `priority`, 0 to 1,
    goes before the q of its contacts (RFC 3261 §20.10); None leaves the phone its own.
    """

    domain: str
    name: str
    extension: str
    ha1_md5: str = field(repr=False)
    ha1_sha256: str = field(repr=False)
    encryption: bool = False
    priority: float | None = None

    def __post_init__(self) -> None:
        require_canonical(self.domain)
        require_device_name("name", self.name)
        require_extension("extension", self.extension)
        if not _MD5.fullmatch(self.ha1_md5) or not _SHA256.fullmatch(self.ha1_sha256):
            raise Refused("password", "its HA1 is damaged; set the device's password again.")
        if self.priority is not None:
            require_priority(self.priority)

    @classmethod
    def with_password(cls, domain: str, name: str, extension: str, password: str) -> Device:
        """Make a device that keeps the two HA1 of `password` and not the password. Raises `Refused`."""
        require_password("password", password)
        return cls(domain, name, extension, ha1_md5(name, domain, password), ha1_sha256(name, domain, password))


def ha1_md5(name: str, domain: str, password: str) -> str:
    """HA1 of algorithm MD5 in lower-case hex, realm = the domain (RFC 7616 §3.4.2)."""
    return hashlib.md5(_secret(name, domain, password), usedforsecurity=False).hexdigest()


def ha1_sha256(name: str, domain: str, password: str) -> str:
    """HA1 of algorithm SHA-256 in lower-case hex, realm = the domain (RFC 7616 §3.4.2, RFC 8760)."""
    return hashlib.sha256(_secret(name, domain, password)).hexdigest()


def require_device_name(field: str, text: str) -> None:
    """Raise `Refused`, naming `field`, unless `text` can be a device's name."""
    if not _NAME.fullmatch(text):
        raise Refused(field, f"{text!r} is no device name; use 1 to 64 of A-Z a-z 0-9 . _ -")


def require_password(field: str, password: str) -> None:
    """Raise `Refused` unless a phone can be given `password`; the sentence doesn't repeat it."""
    if not password:
        raise Refused(field, "is empty; write one, or leave the option out and one is made.")
    if len(password) > LONGEST_PASSWORD or not password.isprintable():
        raise Refused(field, f"can't be typed; use at most {LONGEST_PASSWORD} printable characters.")


def _secret(name: str, domain: str, password: str) -> bytes:
    return f"{name}:{domain}:{password}".encode()
