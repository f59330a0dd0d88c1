"""Our Asterisk calls a colleague of the caller."""

from __future__ import annotations

import time

from carillon.kamailio import ksr
from carillon.kamailio.means import MEMO, NobodyThere
from carillon.kamailio.recipe import SEVERAL
from carillon.kamailio.ringing import ring
from carillon.kamailio.short.kit import Kit, timing
from carillon.routing import examples
from carillon.routing.decision import Ring
from carillon.routing.facts import NodeProfile
from carillon.routing.plain import RUNG, RUNG_VALUES
from carillon.routing.progress import key_of
from carillon.sip.dialogproof import proof
from carillon.sip.legid import is_leg_id
from carillon.sip.uri import quoted

_RUNG = ksr.Several(*RUNG_VALUES)


class Ringing:
    """Rings his phones."""

    def __init__(self, kit: Kit) -> None:
        self._tracer, self._recipe, self._domain, self._siblings = kit.tracer, kit.recipes.of, kit.domain, kit.siblings
        self._directory = kit.directory
        self._node, self._secrets = kit.settings.node, kit.settings.node.secrets
        self._ring_s, self._silence_s = self._node.ring_s, Ring("", self._node.ring_s).silence_s

    def request(self, method: str, place: str) -> bool:
        """Whether an INVITE was plain, and is done; after NobodyThere and media.RelayDown the rest is for the rules."""
        text = _RUNG.together()
        found = RUNG.fullmatch(text)
        if found is None:
            return False
        user, host, call_id, _, by, home, tag, _, hops, name, timer, least, leg, called, caller = found.groups()
        aor, profile = f"{user}@{host}", self._domain(host)
        if profile is None or called != aor or not is_leg_id(self._secrets, leg):
            return False
        party = self._directory.plain_rung(host, user)
        if party is None or party[0] != user or (self._siblings and self._siblings.is_cut_off()):
            return False  # cut off from the mains, more must be thought of
        chosen = self._directory.rings().get((host, "internal"))
        key = examples.rung, profile, int(hops), timing(timer, least), chosen
        if self._recipe(*key) is None or ksr.is_absorbed():
            return False
        if not ksr.look_up_contacts(aor):
            return False
        if self._siblings:
            self._siblings.watch(aor)
        more, flags, next_hop = ksr.TARGETS.texts()
        alone = more == "0"
        if not alone:
            ksr.arrange_contacts(aor)
        known = self._recipe(*key, dialect=ksr.dialect_in(int(flags)) if alone else SEVERAL)
        assert known
        now = time.time()
        blanks = _blanks(self._node, caller, name, user, party[1], leg, call_id, tag, now)
        known.done(blanks)
        ksr.set_text(MEMO, known.memo % blanks)
        if not alone:
            ring(Ring(aor, self._ring_s), recorded=False)
        elif not ksr.ring_one(int(flags), next_hop, self._ring_s, self._silence_s):
            raise NobodyThere(aor)
        self._tracer.row(
            f"{now!r}\x1foutbound\x1f{call_id}\x1f{leg}\x1f{place}\x1fgateway\x1fINVITE\x1f{by}@{home}"
            f"\x1f{aor}\x1f{known.words % blanks}"
        )
        return True


def _blanks(
    node: NodeProfile,
    caller: str,
    caller_name: str,
    called: str,
    called_name: str,
    leg: str,
    call_id: str,
    tag: str,
    now: float,
) -> dict[str, str]:
    """Who calls whom, and what the dialog is."""
    return {
        "caller": caller,
        "caller_name": caller_name,
        "caller_quoted": quoted(caller_name),
        "called": called,
        "called_name": called_name,
        "leg": leg,
        "key": key_of(node.secrets, leg),
        "proof": proof(node.secrets, call_id, tag),
        "call_id": call_id,
        "tag": tag,
        "since": repr(now),
        "until": f"{now + node.ring_s:.0f}",
    }
