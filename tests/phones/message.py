"""A SIP message as text, read leniently: the tests also send and receive what no parser would pass."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import sipmessage

_COMPACT = {
    "call-id": "i",
    "contact": "m",
    "content-length": "l",
    "content-type": "c",
    "from": "f",
    "refer-to": "r",
    "session-expires": "x",
    "supported": "k",
    "to": "t",
    "via": "v",
}


@dataclass(frozen=True)
class Message:
    """A request or a response. Bytes that aren't UTF-8 survive as surrogate escapes."""

    text: str
    peer: tuple[str, int] = field(default=("", 0), compare=False)  # who sent it

    @classmethod
    def from_bytes(cls, data: bytes, peer: tuple[str, int] = ("", 0)) -> Message:
        """Read what came from the network."""
        return cls(data.decode("utf-8", "surrogateescape"), peer)

    def to_bytes(self) -> bytes:
        """Write it as it was."""
        return self.text.encode("utf-8", "surrogateescape")

    @property
    def start(self) -> str:
        """The first line."""
        return self.text.split("\r\n", 1)[0]

    @property
    def code(self) -> int | None:
        """The status code of a response, None for a request."""
        found = re.match(r"SIP/2\.0 (\d{3})", self.start)
        return int(found[1]) if found else None

    @property
    def reason(self) -> str:
        """The reason phrase of a response, "" for a request."""
        return self.start.split(" ", 2)[-1] if self.code else ""

    @property
    def method(self) -> str:
        """A request's method; a response's, from its CSeq."""
        return self.start.split(" ", 1)[0] if self.code is None else self.cseq[1]

    @property
    def uri(self) -> str:
        """A request's Request-URI, "" for a response."""
        return "" if self.code else self.start.partition(" ")[2].rpartition(" ")[0]

    @property
    def cseq(self) -> tuple[int, str]:
        """The CSeq's number and method; (0, "") when it has none."""
        found = re.match(r"(\d+)\s+(\S+)", self.header("CSeq") or "")
        return (int(found[1]), found[2]) if found else (0, "")

    @property
    def body(self) -> str:
        """What comes after the empty line."""
        return self.text.partition("\r\n\r\n")[2]

    def headers(self, name: str) -> list[str]:
        """Give all values of a header, a line each, in order; compact names count, folded lines are joined."""
        names = {name.lower(), _COMPACT.get(name.lower(), name.lower())}
        head = re.sub(r"\r\n[ \t]+", " ", self.text.partition("\r\n\r\n")[0])
        pairs = (line.partition(":") for line in head.split("\r\n")[1:])
        return [value.strip() for key, _, value in pairs if key.strip().lower() in names]

    def header(self, name: str) -> str | None:
        """Give a header's first value, None when it isn't there."""
        return next(iter(self.headers(name)), None)

    def tag(self, name: str) -> str:
        """Give the tag of the From or To header, "" when it has none."""
        found = re.search(r";\s*tag=([^;\s>]+)", self.header(name) or "")
        return found[1] if found else ""

    def parsed(self) -> sipmessage.Request | sipmessage.Response:
        """Read it strictly; raises ValueError when it breaks RFC 3261's grammar."""
        return sipmessage.Message.parse(self.to_bytes())


def uri_of(value: str) -> str:
    """Give the URI of a Contact, From, To, Route or Record-Route value."""
    found = re.search(r"<([^>]*)>", value)
    return found[1] if found else value.split(";", maxsplit=1)[0].strip()
