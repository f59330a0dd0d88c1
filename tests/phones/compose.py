"""SIP messages put together from their parts, without any check: the tests want broken ones too."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence

from tests.phones.message import Message

Headers = Sequence[tuple[str, str]]

_MANDATORY = {
    "via": "Via",
    "max_forwards": "Max-Forwards",
    "from_": "From",
    "to": "To",
    "call_id": "Call-ID",
    "cseq": "CSeq",
    "contact": "Contact",
}
_ECHOED = ("Via", "Record-Route", "From", "Call-ID", "CSeq")  # from a request into its response
_REASONS = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    302: "Moved Temporarily",
    401: "Unauthorized",
    404: "Not Found",
    480: "Temporarily Unavailable",
    486: "Busy Here",
    488: "Not Acceptable Here",
    500: "Server Internal Error",
    503: "Service Unavailable",
    603: "Decline",
}


def build_request(
    method: str,
    uri: str,
    mandatory: Mapping[str, str],
    *,
    routes: Sequence[str] = (),
    headers: Headers = (),
    body: str = "",
) -> Message:
    """Put a request together; a mandatory header with an empty value is left out."""
    lines = [(name, mandatory[key]) for key, name in _MANDATORY.items() if mandatory[key]]
    lines[1:1] = [("Route", f"<{route}>") for route in routes]
    return _assemble(f"{method} {uri} SIP/2.0", [*lines, *headers], body)


def build_response(request: Message, code: int, reason: str, headers: Headers, body: str) -> Message:
    """Put the response to a request together; the To gets the same tag in all responses to one call."""
    lines = [(name, value) for name in _ECHOED for value in request.headers(name)]
    to = request.header("To") or ""
    if code > 100 and not request.tag("To"):
        to += f";tag=raw-{(request.header('Call-ID') or '')[:24]}"
    start = f"SIP/2.0 {code} {reason or _REASONS.get(code, 'Whatever')}"
    return _assemble(start, [*lines, ("To", to), *headers], body)


def ack_of(invite: Message, response: Message) -> Message:
    """Put together the ACK to a refusal: same branch and routes, the refusal's To (RFC 3261 §17.1.1.3)."""
    lines = [("Via", invite.header("Via") or "")]
    lines += [("Route", route) for route in invite.headers("Route")]
    lines += [(name, invite.header(name) or "") for name in ("Max-Forwards", "From", "Call-ID")]
    lines += [("To", response.header("To") or ""), ("CSeq", f"{invite.cseq[0]} ACK")]
    return _assemble(f"ACK {invite.uri} SIP/2.0", lines, "")


def answered(request: Message, cseq: int, header: str, value: str) -> Message:
    """Put the same request together anew: a new branch, a new CSeq and credentials in place of any old ones."""
    head, gap, body = request.text.partition("\r\n\r\n")
    head = re.sub(r"branch=z9hG4bK[^;\s]*", f"branch=z9hG4bK{secrets.token_hex(8)}", head, count=1)
    head = re.sub(r"(?im)^(CSeq:\s*)\d+", rf"\g<1>{cseq}", head, count=1)
    head = re.sub(rf"(?i)\r\n{header}:[^\r\n]*", "", head)
    return Message(f"{head}\r\n{header}: {value}{gap}{body}")


def offer(address: str, port: int = 40000) -> str:
    """Give an SDP of G.711 at an address."""
    family = "IP6" if ":" in address else "IP4"
    lines = [
        "v=0",
        f"o=- 1 1 IN {family} {address}",
        "s=-",
        f"c=IN {family} {address}",
        "t=0 0",
        f"m=audio {port} RTP/AVP 8 0",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:0 PCMU/8000",
        "a=sendrecv",
    ]
    return "\r\n".join([*lines, ""])


def _assemble(start: str, headers: Headers, body: str) -> Message:
    length = len(body.encode("utf-8", "surrogateescape"))
    lines = [start, *(f"{name}: {value}" for name, value in [*headers, ("Content-Length", str(length))])]
    return Message("\r\n".join([*lines, "", body]))
