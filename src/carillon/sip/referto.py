"""Where a REFER sends the other side (RFC 3515 §2.1, RFC 3891 §6.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from carillon.sip.uri import SipUri

_ADDRESS = re.compile(r'^(?:"(?:[^"\\]|\\.)*"|[^<"]*)\s*<(?P<uri>[^<>]*)>')
_REPLACES = re.compile(r"[?&;]\s*replaces\s*=", re.IGNORECASE)
_METHOD = re.compile(r";\s*method\s*=\s*(?P<method>[^;?&>\s]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReferTo:
    """`joins`: an existing call is named (Replaces), not only a number. `method` is what is asked to be sent there."""

    uri: SipUri
    joins: bool = False
    method: str = "INVITE"

    @classmethod
    def parse(cls, value: str) -> ReferTo | None:
        """The value of a Refer-To, or None when it holds no SIP URI."""
        bracketed = _ADDRESS.match(value.strip())
        text = bracketed["uri"] if bracketed else value.strip()
        uri = SipUri.parse(text)
        if uri is None:
            return None
        method = _METHOD.search(text)
        return cls(uri, bool(_REPLACES.search(text)), method["method"].upper() if method else "INVITE")
