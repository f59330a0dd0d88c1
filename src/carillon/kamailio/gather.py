"""From the engine's message to a `Request`: no decision here."""

from __future__ import annotations

import re
from collections.abc import Callable

from carillon.kamailio import ksr
from carillon.routing.admission import ENDS_HERE
from carillon.routing.diversion import diversions
from carillon.routing.facts import FailureFacts, NodeProfile
from carillon.routing.failures import HANDED_OVER
from carillon.routing.progress import Progress, progress_in
from carillon.routing.request import Request, Source
from carillon.sip.dialogproof import PARAMETER
from carillon.sip.digest import Credentials
from carillon.sip.private import PrivateHeader
from carillon.sip.sdp import audio_codecs
from carillon.sip.uri import SipUri, display_name, unescaped
from carillon.stores.ports import TrunkProfile

_PROOF = re.compile(rf";{PARAMETER}=([0-9a-f]+)")
_EXPIRES = re.compile(r";\s*expires\s*=\s*\"?([0-9]{1,10})", re.IGNORECASE)
_NUMBER = re.compile(r"\s*([0-9]{1,10})\s*")
NOWHERE = SipUri("", "")

TrunkAt = Callable[[str, int], TrunkProfile | None]


class Unreadable(Exception):
    """The message lacks what every request must have: answered 400."""


def request(node: NodeProfile, trunk_at: TrunkAt) -> Request:
    """The request that the engine is handling; raises Unreadable. `trunk_at` knows the trunk of a place."""
    method = ksr.text("$rm")
    uri = SipUri.parse(ksr.text("$ru"))
    call_id = ksr.text("$ci")
    if uri is None or not call_id:
        raise Unreadable("the Request-URI or the Call-ID")
    to_tag = ksr.text("$tt")
    address, port = ksr.text("$si"), ksr.number("$sp")
    source, trunk = _source(node, address, port), None
    if source is Source.OUTSIDE and (trunk := trunk_at(address, port)):
        source = Source.TRUNK
    new_leg = source is Source.GATEWAY and not to_tag
    contacts = ksr.text("$(hdr(Contact)[*])") if method == "REGISTER" else ""
    private = _private() if new_leg else {}
    return Request(
        method=method,
        uri=uri,
        from_uri=SipUri.parse(ksr.text("$fu")) or NOWHERE,
        to_uri=SipUri.parse(ksr.text("$tu")) or NOWHERE,
        call_id=call_id,
        source=source,
        trunk=trunk,
        asserted=_asserted() if trunk else None,
        codecs=audio_codecs(ksr.text("$rb")) if method == "INVITE" and not to_tag else None,
        withheld=_withheld() if method == "INVITE" and not to_tag else False,
        from_tag=ksr.text("$ft"),
        to_tag=to_tag,
        from_name=_name() if new_leg or trunk else "",
        sequence=ksr.number("$cs", 1),
        max_forwards=_max_forwards(),
        credentials=_credentials(method) if source is Source.OUTSIDE else None,
        shortest_expiry_s=_shortest_expiry(contacts) if method == "REGISTER" else None,
        default_expiry_s=_number(ksr.header("Expires")) if method == "REGISTER" else None,
        dialog_proof=_dialog_proof() if to_tag else "",
        contacts=contacts,
        source_address=address,
        source_port=port,
        transport=ksr.text("$proto"),
        private=private,
        progress=_progress(node, private),
        diversions=diversions(ksr.text("$(hdr(Diversion)[*])"), ksr.text("$(hdr(History-Info)[*])")) if trunk else 0,
    )


def failure(far_end_code: int | None) -> FailureFacts:
    """How the transaction failed, in a failure route."""
    timed_out = ksr.branch_timed_out()
    return FailureFacts(
        code=ksr.status_code(),
        reason="" if timed_out else ksr.text("$T_rpl($rr)"),
        timed_out=timed_out,
        rang=bool(ksr.text("$avp(rang)")),
        cancelled=ksr.is_cancelled(),
        far_end_code=far_end_code,
        challenges=() if timed_out else tuple(_challenges()),
        refusal=_refusal(ksr.text("$avp(refusal)")),
        headers=() if timed_out else tuple(_reply_headers()),
        redirected_to=_redirected_to() if not timed_out and 300 <= ksr.status_code() < 400 else "",
    )


def _asserted() -> SipUri | None:
    return SipUri.parse(ksr.text("$(hdr(P-Asserted-Identity){nameaddr.uri})"))


def _withheld() -> bool:
    """Whether the caller wishes not to be shown (RFC 3323 §4.2): by Privacy, or by an anonymous From."""
    wishes = {wish.strip().lower() for wish in ksr.header("Privacy").split(";")}
    return bool(wishes & {"id", "user", "header"}) or ksr.text("$fd").lower() == "anonymous.invalid"


def _refusal(noted: str) -> tuple[int, str] | None:
    code, _, reason = noted.partition(" ")
    return (int(code), reason) if code else None


def _source(node: NodeProfile, address: str, port: int) -> Source:
    ours = any(gateway.address == address and gateway.port == port for gateway in node.gateways)
    return Source.GATEWAY if ours else Source.OUTSIDE


def _credentials(method: str) -> Credentials | None:
    header = ksr.header("Authorization" if method in ENDS_HERE else "Proxy-Authorization")
    return Credentials.parse(header) if header else None


def _max_forwards() -> int:
    forwards = _number(ksr.header("Max-Forwards"))
    return 70 if forwards is None else forwards


def _shortest_expiry(contacts: str) -> int | None:
    """The shortest expiry asked for, in seconds; 0 (removal) is not counted."""
    asked = [int(seconds) for seconds in _EXPIRES.findall(contacts)]
    default = _number(ksr.header("Expires"))
    if not asked and default is not None:
        asked = [default]
    return min((seconds for seconds in asked if seconds), default=None)


def _number(header: str) -> int | None:
    """A number as SIP writes it, in ASCII digits; None for anything else, and for what no counter holds."""
    found = _NUMBER.fullmatch(header)
    return int(found[1]) if found else None


def _name() -> str:
    """The caller's name from our Asterisk, which keeps the backslashes that came in and adds its own."""
    return unescaped(display_name(ksr.text("$fn")))


def _dialog_proof() -> str:
    found = _PROOF.search(ksr.header("Route"))
    return found[1] if found else ""


def _progress(node: NodeProfile, private: dict[str, str]) -> Progress | None:
    """How far a forwarded call has come, where the leg's own text proves it."""
    token = private.get(PrivateHeader.FORWARD)
    return progress_in(node.secret, private.get(PrivateHeader.LEG, ""), token) if token else None


def _redirected_to() -> str:
    """The number in the first Contact of a phone's 3xx; its host does not matter: calls go by numbers."""
    target = SipUri.parse(ksr.text("$T_rpl($(ct{nameaddr.uri}))"))
    return target.user if target else ""


def _private() -> dict[str, str]:
    return {name: value for name in PrivateHeader if (value := ksr.header(name))}


def _challenges() -> list[tuple[str, str]]:
    names = ("WWW-Authenticate", "Proxy-Authenticate")
    found = [(name, ksr.text(f"$T_rpl($(hdr({name})[{index}]))")) for name in names for index in (0, 1)]
    return [(name, value) for name, value in found if value]


def _reply_headers() -> list[tuple[str, str]]:
    return [(name, value) for name in HANDED_OVER if (value := ksr.text(f"$T_rpl($hdr({name}))"))]
