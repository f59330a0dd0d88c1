"""The mail server that voice messages leave by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from carillon.model.refused import Refused

_ADDRESS: Final = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+")
_SERVER: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")
PORT: Final = 587


class Security(StrEnum):
    """How the connection is encrypted: from STARTTLS on, if offered; only so; from the start; or not at all."""

    AUTO = "auto"
    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class MailServer:
    """An SMTP server (RFC 5321). `sender` is the address that messages come from; the password is kept elsewhere."""

    host: str
    port: int
    sender: str
    user: str | None = None
    security: Security = Security.AUTO

    def __post_init__(self) -> None:
        if not 1 <= self.port <= 65535:
            raise Refused("server", f"{self.port} is no port; write HOST:PORT, such as mail.example.org:587.")
        if not _ADDRESS.fullmatch(self.sender):
            raise Refused("from", f"{self.sender!r} is no e-mail address; write one like phones@example.org.")
        if self.user and self.security is Security.NONE:
            raise Refused("security", "a password needs an encrypted connection; choose auto, starttls or tls.")


def server_typed(text: str) -> tuple[str, int]:
    """Host and port of `mail.example.org:587`. Raises `Refused`."""
    found = _SERVER.fullmatch(text.strip())
    if found is None:
        raise Refused("server", f"{text!r} is no server; write HOST:PORT, such as mail.example.org:587.")
    return found["host"].strip("[]"), int(found["port"] or PORT)
