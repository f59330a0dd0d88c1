"""A phone that proves whose it is calls a colleague."""

from __future__ import annotations

import secrets
import time

from carillon.kamailio import ksr
from carillon.kamailio.means import MEMO
from carillon.kamailio.short.kit import Kit, timing
from carillon.kamailio.short.proving import Proved, Proving, spent_by
from carillon.kamailio.short.stranger import Stranger
from carillon.routing import examples
from carillon.routing.decision import Relay
from carillon.routing.facts import Gateway
from carillon.routing.plain import CALL, CALL_VALUES, PRIVATE, RTPMAP
from carillon.sip.dialogproof import proof
from carillon.sip.legid import make_leg_id
from carillon.sip.uri import quoted

_CALL = ksr.Several(*CALL_VALUES)


class Calling:
    """Relays the INVITE to our Asterisk, or asks a stranger who he is."""

    def __init__(self, kit: Kit, proving: Proving, stranger: Stranger) -> None:
        node, socket = kit.settings.node, kit.settings.gateway_sockets.towards
        self._tracer, self._recipe, self._domain = kit.tracer, kit.recipes.of, kit.domain
        self._directory, self._have_calls_elsewhere = kit.directory, kit.have_calls_elsewhere
        self._proved, self._stranger_is_asked = proving.proved, stranger.is_asked
        self._secrets = node.secrets
        first = node.gateways[0] if node.gateways else None
        relay = Relay(first or Gateway("", 0), "")
        hop = (f"sip:{first};transport=udp", socket(first.address)) if first else ("", "")
        self._way = (*hop, relay.answer_s, relay.silence_s)

    def request(self, method: str, place: str) -> bool:
        """Whether an INVITE was plain, and is done."""
        text = _CALL.together()
        return self._is_called(text, place) or self._stranger_is_asked(text, place)

    def _is_called(self, text: str, place: str) -> bool:
        found = CALL.fullmatch(text)
        if found is None or PRIVATE in text.lower():
            return False
        number, host, call_id, transport, by, home, tag, sequence, hops, credentials, *rest = found.groups()
        timer, least, at, port, payloads, attributes = rest
        profile = self._domain(home) if home == host else None
        proved = self._proved(credentials, "INVITE", home, profile.digest) if profile else None
        called = self._directory.plain_called(home, number) if proved else None
        if profile is None or proved is None or called is None:
            return False
        known = self._recipe(
            *(examples.call, profile, int(hops), timing(timer, least), payloads, tuple(RTPMAP.findall(attributes)))
        )
        aor = f"{called[0]}@{home}"
        if known is None or self._have_calls_elsewhere(f"{proved[2]}@{home}", aor):
            return False
        if ksr.is_absorbed():
            return True
        leg = make_leg_id(self._secrets, secrets.token_hex(12))
        said = f"{sequence}|{call_id}|{transport} {place.replace(':', ' ')}|sip:{number}@{host}|"
        blanks = _blanks(proved, number, called, leg, said, proof(self._secrets, call_id, tag))
        known.done(blanks)
        ksr.set_text(MEMO, known.memo % blanks)
        elsewhere = f"{at}:{port or 5060}" != place
        ksr.send_to_gateway(f"sip:{aor}", *self._way, alias=elsewhere)
        self._tracer.row(
            f"{time.time()!r}\x1finbound\x1f{call_id}\x1f{leg}\x1f{place}\x1foutside\x1fINVITE\x1f{by}@{home}"
            f"\x1f{number}@{host}\x1f{known.words % blanks}"
        )
        return True


def _blanks(
    proved: Proved, number: str, called: tuple[str, str], leg: str, said: str, proof_of_dialog: str
) -> dict[str, str]:
    """Who calls whom, and what shows that the leg and its dialog are ours."""
    use, device, caller, caller_name = proved
    extension, name = called
    return {
        "use": use,
        "by": spent_by(said),
        "device": device,
        "number": number,
        "caller": caller,
        "caller_name": caller_name,
        "caller_quoted": quoted(caller_name),
        "called": extension,
        "called_name": name,
        "called_quoted": quoted(name),
        "leg": leg,
        "proof": proof_of_dialog,
    }
