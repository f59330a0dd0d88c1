"""From the engine's message to a `Request`: no decision here."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from ipaddress import ip_address

from carillon.kamailio import ksr
from carillon.model.frozen import completed
from carillon.routing import anchor, sessiontimer, spiral, transfertold
from carillon.routing.admission import ENDS_HERE
from carillon.routing.anchor import Anchor
from carillon.routing.diversion import diversions
from carillon.routing.facts import FailureFacts, NodeProfile
from carillon.routing.failures import HANDED_OVER
from carillon.routing.memo import Leg, Memo
from carillon.routing.progress import Progress, progress_in
from carillon.routing.registeredaway import RESTORING
from carillon.routing.request import Request, Source
from carillon.sip.dialogproof import PARAMETER
from carillon.sip.digest import Credentials
from carillon.sip.private import HOME, PrivateHeader
from carillon.sip.sdp import audio_codecs, is_encrypted, offers_ipv6
from carillon.sip.sessiontimer import Timing
from carillon.sip.uri import SipUri, display_name, telephone, unescaped
from carillon.stores.ports import TrunkProfile

_PROOF = re.compile(rf";{PARAMETER}=([0-9a-f]+)")
_ANCHOR = re.compile(rf";{anchor.PARAMETER}=([0-9a-z.+-]+)")
_EXPIRES = re.compile(r";\s*expires\s*=\s*\"?([0-9]{1,10})\"?\s*(?=[;,]|$)", re.IGNORECASE)
_HOP = re.compile(r"<sips?:(?:[^@>;]*@)?(\[[^\]>]*\]|[^:;>]+)(?::([0-9]+))?")
_ALIAS = re.compile(r";alias=([^~;>]*)")
_ROUTE = re.compile(r"<sips?:(?:[^@>;]*@)?(\[[^\]>]*\]|[^:;>]+):([0-9]+)")
_NUMBER = re.compile(r"\s*([0-9]{1,10})\s*")
_TIMER = re.compile(rf";{sessiontimer.PARAMETER}=([0-9]{{1,5}})")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_EVENTFUL = frozenset({"SUBSCRIBE", "PUBLISH"})
NOWHERE = SipUri("", "")

TrunkAt = Callable[[str, int], TrunkProfile | None]


class Unreadable(Exception):
    """The message lacks what every request must have: answered with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


_ENVELOPE = ksr.Several(
    *("$rm", "$ru", "$ci", "$si", "$sp", "$proto", "$fu", "$tu", "$ft", "$tt", "$cs"),
    *("$hdr(Max-Forwards)", "$hdr(Route)"),
)


_CALL = ksr.Several("$rb", "$hdr(Privacy)", "$hdr(Replaces)")
_OPTIONS = ksr.Several("$(hdr(Supported)[*])", "$(hdr(Require)[*])")
_BINDING = ksr.Several(
    *("$(hdr(Contact)[*])", "$hdr(Expires)"),
    *(f"$(hdr({name})[*])" for name in ("Path", "Supported", "Require")),
    "$hdr(User-Agent)",
)


def envelope(node: NodeProfile, trunk_at: TrunkAt) -> Request:
    """What a request in a dialog of ours needs, and no more; raises Unreadable. `trunk_at` knows a place's trunk."""
    method, target, call_id, address, port, transport, sender, to, from_tag, to_tag, *rest = _ENVELOPE.texts()
    sequence, forwards, route = rest
    uri = _uri(target)
    if not call_id:
        raise Unreadable(400, "Cannot Read the Call-ID")
    address = ksr.canonical(address)
    source, trunk, sibling = _source(node, address, int(port or 0)), None, ""
    if node.siblings and source is Source.OUTSIDE:
        sibling = _sibling(node, address)
        source = Source.SIBLING if sibling else source
    if source is Source.OUTSIDE and (trunk := trunk_at(address, int(port or 0))):
        source = Source.TRUNK
    spirals, inward = _spirals(node, source, target) if node.spiral and to_tag else (False, False)
    refers = spirals and method == "REFER"
    route = route.partition(">")[0]  # what we have recorded of this pass; a phone may write all routes in one header
    anchored = _anchor(route) if to_tag else None
    timed = method in sessiontimer.TIMED
    return Request(
        method=method,
        uri=uri,
        from_uri=SipUri.parse(sender) or NOWHERE,
        to_uri=SipUri.parse(to) or NOWHERE,
        call_id=call_id,
        source=source,
        trunk=trunk,
        from_tag=from_tag,
        to_tag=to_tag,
        sequence=_digits(sequence, 1),
        max_forwards=_digits(forwards, 70),
        dialog_proof=_dialog_proof(route) if to_tag else "",
        anchor=anchored,
        described=bool(anchored and ksr.header("Content-Type")),
        timing=_timing() if timed else None,
        longest_timer_s=_longest_timer(route) if timed and to_tag else 0,
        source_address=address,
        source_port=int(port or 0),
        transport=transport,
        spirals=spirals,
        inward=inward,
        beyond_us=refers and f";{spiral.OUTSIDE}=" in ksr.text("$(hdr(Route)[*])"),
        refer_to=_refer_to() if refers else (),
        fragment=_fragment() if method == "NOTIFY" and source is Source.GATEWAY else "",
        sibling=sibling or (_leads_to(node) if node.siblings and to_tag and source is Source.OUTSIDE else ""),
    )


def whole(request: Request, node: NodeProfile) -> Request:
    """The request with all that any route wants to know of it: of a stranger's that is all, he will be challenged."""
    if request.source is Source.OUTSIDE:
        credentials = _credentials(request.method)
        if credentials is None:
            return request
        request = completed(request, credentials=credentials)
    if request.source is Source.SIBLING:
        request = _by_sibling(request)
    if request.source is Source.FEED:
        return request
    if request.method == "REGISTER":
        return _registering(request)
    if request.method == "MESSAGE":
        request = completed(request, body_bytes=ksr.number("$bs"))
    if request.method in _EVENTFUL:
        event = ksr.header("Event").partition(";")[0].strip()
        supported, required = map(_option_tags, _OPTIONS.texts())
        request = completed(request, event=event, supported=supported, required=required)
    if request.method == "REFER":
        request = completed(request, refer_to=_refer_to())
    if request.method == "INVITE" and not request.to_tag:
        request = _calling(request)
    if request.source is Source.GATEWAY and not request.to_tag:
        private = _private()
        named = _asserted_name() if node.spiral else _name()  # a phone's own From is no word of ours
        supported = _option_tags(_OPTIONS.texts()[0]) if node.spiral else frozenset()
        request = completed(
            request, private=private, progress=_progress(node, private), from_name=named, supported=supported
        )
    return _by_trunk(request) if request.trunk else request


def _fragment() -> str:
    return ksr.text("$rb") if ksr.header("Event").partition(";")[0].strip() == transfertold.PACKAGE else ""


def _by_sibling(request: Request) -> Request:
    """Private headers are believed; and a phone that asks for something inside a dialog shows its credentials."""
    if request.to_tag:
        return completed(request, credentials=_credentials(request.method))
    return completed(request, private=_private(), home=ksr.header(HOME), written=ksr.text("$ru"))


def _registering(request: Request) -> Request:
    contacts, expires, path, supported, required, agent = _BINDING.texts()
    default = _number(expires)
    return completed(
        request,
        shortest_expiry_s=_shortest_expiry(contacts, default),
        default_expiry_s=default,
        contacts=contacts,
        path=path,
        user_agent=agent,
        supported=_option_tags(supported),
        required=_option_tags(required),
    )


def _calling(request: Request) -> Request:
    body, privacy, replaces = _CALL.texts()
    return completed(
        request,
        codecs=audio_codecs(body) if body else None,
        encrypted=is_encrypted(body) if body and request.source is not Source.GATEWAY else False,
        media6=offers_ipv6(body, request.source_address) if body else False,
        withheld=_withheld(privacy, request),
        replaces=_replaces() if replaces and request.source is Source.OUTSIDE else "",
    )


def _by_trunk(request: Request) -> Request:
    return completed(
        request,
        asserted=_asserted(),
        from_name=_asserted_name() or _name(),
        diversions=diversions(ksr.text("$(hdr(Diversion)[*])"), ksr.text("$(hdr(History-Info)[*])")),
    )


def _uri(text: str) -> SipUri:
    """The Request-URI; a `tel:` one is that number at the address that it was sent to (RFC 3261 §19.1.6)."""
    text = text or ksr.text("$mb").partition("\r")[0].partition(" ")[2]
    uri = SipUri.parse(text) or telephone(text, ksr.text("$Ri"))
    if uri is None:
        foreign = _SCHEME.match(text) and not text.lower().startswith(("sip:", "sips:", "tel:"))
        raise Unreadable(416, "Unsupported URI Scheme") if foreign else Unreadable(400, "Cannot Read the Request-URI")
    return uri


def failure(far_end_code: int | None, node: NodeProfile) -> FailureFacts:
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
        phones_later=ksr.later_groups(),
        now=time.time(),
        spiral=node.spiral,
        redirected_to=_redirected_to() if not timed_out and 300 <= ksr.status_code() < 400 else "",
    )


def reply_told(memo: Memo, code: int, privacy: str, warnings: str) -> tuple[str, bool, str]:
    """With a reply that rings or answers: what the other leg left for the caller; the phone's Privacy and Warnings."""
    if not 180 <= code < 300:
        return "", False, ""
    if memo.leg is Leg.INBOUND:
        return ksr.shared_text("told", memo.leg_id) or "", False, ""
    wishes = {wish.strip().lower() for wish in privacy.split(";")} if privacy else set()
    return "", bool(wishes & {"id", "user", "header"}), ksr.text("$(hdr(Warning)[*])") or warnings if warnings else ""


def _option_tags(text: str) -> frozenset[str]:
    return frozenset(tag.strip().lower() for tag in text.split(",") if tag.strip())


def _asserted() -> SipUri | None:
    return SipUri.parse(ksr.text("$(hdr(P-Asserted-Identity){nameaddr.uri})"))


def _asserted_name() -> str:
    """The caller's name that a provider asserts, which counts more than what From says (RFC 3325 §9.1)."""
    return display_name(ksr.text("$(hdr(P-Asserted-Identity){nameaddr.name})"))


def _withheld(privacy: str, request: Request) -> bool:
    """Whether the caller wishes not to be shown (RFC 3323 §4.2): by Privacy, or by an anonymous From."""
    wishes = {wish.strip().lower() for wish in privacy.split(";")} if privacy else set()
    return bool(wishes & {"id", "user", "header"}) or request.from_uri.host == "anonymous.invalid"


def _refusal(noted: str) -> tuple[int, str] | None:
    code, _, reason = noted.partition(" ")
    return (int(code), reason) if code else None


def _source(node: NodeProfile, address: str, port: int) -> Source:
    for gateway in node.every_gateway:
        if gateway.address == address and gateway.port == port:
            return Source.GATEWAY
    if node.feed and (node.feed.address, node.feed.port) == (address, port):
        restoring = node.siblings or ksr.shared_text(RESTORING, RESTORING)
        return Source.FEED if restoring else Source.OUTSIDE
    server = node.presence
    return Source.PRESENCE if server and (server.address, server.port) == (address, port) else Source.OUTSIDE


def _sibling(node: NodeProfile, address: str) -> str:
    """The node that sent a request to where siblings are heard; "" for what came elsewhere. Raises Unreadable.

    Its connection has shown a certificate of our authority; that must be of the node that has this address.
    """
    if ksr.number("$Rp") != node.cluster_port:
        return ""
    name = ksr.sibling_name()
    if any(sibling.name == name and address in sibling.addresses for sibling in node.siblings):
        return name
    ksr.log("warn", f"nodes: {address} shows the certificate of {name or 'nobody'}, which is not the node there")
    raise Unreadable(403, "Not The Node That You Say")


def _leads_to(node: NodeProfile) -> str:
    """The sibling to which the route set of a request leads after us, "" for none."""
    for host, port in _ROUTE.findall(ksr.text("$(hdr(Route)[*])")):
        for sibling in node.siblings:
            if port == str(sibling.port) and host.strip("[]") in sibling.addresses:
                return sibling.name
    return ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _spirals(node: NodeProfile, source: Source, target: str) -> tuple[bool, bool]:
    """Whether a request of a dialog is to pass us again, as the route set has us twice; else whether it leads inside.

    Each pass has recorded the socket of the spiral once.
    """
    assert node.spiral is not None
    hops = [(host.strip("[]"), int(port or 5060)) for host, port in _HOP.findall(ksr.text("$(hdr(Route)[*])"))]
    own = (node.spiral.address, node.spiral.port)
    if source is not Source.GATEWAY:
        return hops.count(own) > 1, False
    uri = SipUri.parse(target)
    ends = [uri.host if uri else "", *_ALIAS.findall(target), *(host for host, port in hops if (host, port) != own)]
    return False, any(_is_loopback(host.strip("[]")) for host in ends)


def _credentials(method: str) -> Credentials | None:
    header = ksr.header("Authorization" if method in ENDS_HERE else "Proxy-Authorization")
    return Credentials.parse(header) if header else None


def _digits(text: str, default: int) -> int:
    found = _number(text)
    return default if found is None else found


def _shortest_expiry(contacts: str, default: int | None) -> int | None:
    """The shortest expiry asked for, in seconds; 0 (removal) is not counted."""
    asked = [int(seconds) for seconds in _EXPIRES.findall(contacts)]
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


def _dialog_proof(route: str) -> str:
    found = _PROOF.search(route)
    return found[1] if found else ""


def _progress(node: NodeProfile, private: dict[str, str]) -> Progress | None:
    """How far a forwarded call has come, where the leg's own text proves it."""
    token = private.get(PrivateHeader.FORWARD)
    return progress_in(node.secrets, private.get(PrivateHeader.LEG, ""), token) if token else None


def _redirected_to() -> str:
    """The number in the first Contact of a phone's 3xx; its host does not matter: calls go by numbers."""
    target = SipUri.parse(ksr.text("$T_rpl($(ct{nameaddr.uri}))"))
    return target.user if target else ""


def _replaces() -> str:
    """All values of Replaces: more than one is an error of its own."""
    return ksr.text("$(hdr(Replaces)[*])")


def _refer_to() -> tuple[str, ...]:
    """Its values, two at most: a second one is already one too many."""
    return tuple(value for index in (0, 1) if (value := ksr.text(f"$(hdr(Refer-To)[{index}])")))


def _anchor(route: str) -> Anchor | None:
    found = _ANCHOR.search(route)
    return Anchor.parse(found[1]) if found else None


_TIMING = ksr.Several(*(f"${kind}({name})" for name in ("Session-Expires", "Min-SE") for kind in ("hdr", "hdrc")))


def _timing() -> Timing:
    """A header that is there twice, or is empty, is one that nobody can read."""
    expires, count, minimum, minima = _TIMING.texts()
    if count in {"", "0"} and minima in {"", "0"}:
        return sessiontimer.UNTIMED
    return Timing(_single(expires, count), _single(minimum, minima), "timer" in _option_tags(_supported()))


def _supported() -> str:
    return ",".join(ksr.text(f"$(hdr({name})[*])") for name in ("Supported", "Require"))


def reply_timer(code: int, interval: str, minimum: str) -> tuple[str, str, int]:
    """What a final reply says of session timers; where an answer says nothing, the limit of its call."""
    silent = 200 <= code < 300 and not interval
    longest = _longest_timer(ksr.header("Record-Route")) if silent else 0
    return (interval, minimum, longest) if code >= 200 else ("", "", 0)


def _single(value: str, count: str) -> str:
    return value if count in {"", "0"} or (count == "1" and value) else f"{value},"


def _longest_timer(route: str) -> int:
    found = _TIMER.search(route)
    return int(found[1]) if found else 0


_PRIVATE = ksr.Several(*(f"$hdr({name})" for name in PrivateHeader))


def _private() -> dict[str, str]:
    return {name: value for name, value in zip(PrivateHeader, _PRIVATE.texts(), strict=True) if value}


def _challenges() -> list[tuple[str, str]]:
    names = ("WWW-Authenticate", "Proxy-Authenticate")
    found = [(name, ksr.text(f"$T_rpl($(hdr({name})[{index}]))")) for name in names for index in (0, 1)]
    return [(name, value) for name, value in found if value]


def _reply_headers() -> list[tuple[str, str]]:
    found = [(name, value) for name in HANDED_OVER if (value := ksr.text(f"$T_rpl($hdr({name}))"))]
    return [(name, (_all_warnings() or value) if name == "Warning" else value) for name, value in found]


def _all_warnings() -> str:
    """All values; "" when they are more than the engine puts together: then the first one must do."""
    return ksr.text("$T_rpl($(hdr(Warning)[*]))")
