"""SIP URIs as far as routing needs them (RFC 3261 §19.1)."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, unquote

from carillon.model.frozen import dataclass

_URI = re.compile(
    r"^(?P<scheme>sips?):(?:(?P<user>[^@]*)@)?(?P<host>\[[0-9a-fA-F:.]+\]|[^\s:;?@\[\]]+)(?::(?P<port>\d{1,5}))?"
    r"(?P<rest>[;?].*)?$",
    re.IGNORECASE,
)

_TELEPHONE = re.compile(r"^tel:(?P<number>[-+.()0-9A-F*#%]+)(?:;.*)?$", re.IGNORECASE)
_SEPARATORS = re.compile(r"[-.()]")

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


_UNESCAPED = "-_.!~*'()&=+$,;?/"  # besides letters and digits (RFC 3261 §25.1, user)


@dataclass(frozen=True, slots=True)
class SipUri:
    """User (without escapes), host and port of a `sip:` or `sips:` URI; `port` 0 means none was given."""

    user: str
    host: str
    port: int = 0
    scheme: str = "sip"

    @classmethod
    @lru_cache(maxsize=4096)  # the same few addresses come with every message
    def parse(cls, text: str) -> SipUri | None:
        """The URI in `text` (without angle brackets), or None when it is not a SIP URI."""
        match = _URI.match(text)
        if match is None:
            return None
        user = (match["user"] or "").partition(":")[0].partition(";")[0]  # without password and its own parameters
        return cls(unquote(user), match["host"].lower(), int(match["port"] or 0), match["scheme"].lower())

    def __str__(self) -> str:
        user = f"{quote(self.user, safe=_UNESCAPED)}@" if self.user else ""
        return f"{self.scheme}:{user}{self.host}{f':{self.port}' if self.port else ''}"


def telephone(text: str, host: str) -> SipUri | None:
    """The number of a `tel:` URI as a user at `host`, without its visual separators and parameters (RFC 3966 §3)."""
    match = _TELEPHONE.match(text)
    return SipUri(_SEPARATORS.sub("", unquote(match["number"])), host.lower()) if match else None


def display_name(text: str) -> str:
    """The name in a display-name, be it a quoted-string or tokens (RFC 3261 §25.1)."""
    text = text.strip()
    if len(text) >= 2 and text.startswith('"') and text.endswith('"'):
        return unescaped(text[1:-1])
    return text


def unescaped(text: str) -> str:
    """The inside of a quoted-string without its backslashes."""
    return _ESCAPED.sub(r"\1", text)


def quoted(text: str) -> str:
    """`text` as a quoted-string (RFC 3261 §25.1); control characters become spaces."""
    printable = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
    return '"' + printable.replace("\\", "\\\\").replace('"', '\\"') + '"'
