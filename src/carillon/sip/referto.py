"""Where a REFER sends the other side (RFC 3515 §2.1, RFC 3891 §6.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from carillon.sip.replaces import Replaces
from carillon.sip.uri import SipUri

_ADDRESS = re.compile(r'^(?:"(?:[^"\\]|\\.)*"|[^<"]*)\s*<(?P<uri>[^<>]*)>')
_REPLACES = re.compile(r"[?&;]\s*replaces\s*=\s*(?P<dialog>[^?&>\s]*)", re.IGNORECASE)
_METHOD = re.compile(r";\s*method\s*=\s*(?P<method>[^;?&>\s]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReferTo:
    """`joins`: an existing call is named (Replaces), not only a number; `replaces` is that one, None if unreadable.

    `method` is what is asked to be sent there.
    """

    uri: SipUri
    joins: bool = False
    method: str = "INVITE"
    replaces: Replaces | None = None

    @classmethod
    def parse(cls, value: str) -> ReferTo | None:
        """The value of a Refer-To, or None when it holds no SIP URI."""
        bracketed = _ADDRESS.match(value.strip())
        text = bracketed["uri"] if bracketed else value.strip()
        uri = SipUri.parse(text)
        if uri is None:
            return None
        method = _METHOD.search(text)
        named = _REPLACES.search(text)
        dialog = Replaces.parse(unquote(named["dialog"])) if named else None
        return cls(uri, bool(named), method["method"].upper() if method else "INVITE", dialog)
