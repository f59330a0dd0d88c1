"""An INVITE that is read when nobody waits for it any more: what is said to whoever rings then. Pure.

What was sent may lie in a connection that stood still, or before a process that did. RFC 3261 §9.1: whom one has heard
nothing of is cancelled when he is first heard (ADR 69).
"""

from __future__ import annotations

import re

_NOTED_BY_OTHERS = re.compile(r"\s*;\s*(?:received|rport)(?:\s*=\s*[^;\s]*)?(?=;|\s*$)", re.IGNORECASE)
_TAG = re.compile(r"\s*;\s*tag\s*=\s*[^;>\s]*(?=\s*;|\s*$)", re.IGNORECASE)


def answering(method: str, uri: str, via: str, sender: str, to: str, call_id: str, sequence: str) -> str:
    """CANCEL (RFC 3261 §9.1), or ACK of a refusal (§17.1.1.3), for an INVITE that left with this Via.

    `sender` and `to` are headers without their names. A CANCEL has To as it was sent: without the other end's tag.
    """
    own = _NOTED_BY_OTHERS.sub("", via.strip())
    lines = (
        f"{method} {uri} SIP/2.0",
        f"Via: {own}",
        f"From: {sender}",
        f"To: {_TAG.sub('', to) if method == 'CANCEL' else to}",
        f"Call-ID: {call_id}",
        f"CSeq: {sequence} {method}",
        "Max-Forwards: 70",
        "Content-Length: 0",
        "",
        "",
    )
    return "\r\n".join(lines)
