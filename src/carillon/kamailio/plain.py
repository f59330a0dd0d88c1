"""The short path: a message that is plain is done with what the rules said of one like it.

What a message costs is how much different code it runs through (docs/adr/0012), and most messages differ in a few words
only. So this is flat: a shape of `routing.plain` that takes all values out at once, a look for the recipe, the engine.
It decides nothing. Where no shape fits, or what a shape does not know is there, nothing has been done, and the rules are
asked. `tests/plain` shows that both ways tell the engine and the trace the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from carillon.kamailio import ksr
from carillon.kamailio.fetch import TOLD, TRUNKS
from carillon.kamailio.perform import MEMO
from carillon.kamailio.recipe import Recipe, recipe
from carillon.kamailio.settings import Settings
from carillon.kamailio.tracer import Tracer
from carillon.routing import indialog, replies
from carillon.routing.decision import Follow
from carillon.routing.dialogs import TABLE as DIALOGS
from carillon.routing.facts import Facts, ReplyFacts
from carillon.routing.fromtrunk import speaks_from
from carillon.routing.memo import Leg, Memo
from carillon.routing.plain import NONE, PRIVATE, REPLY, REPLY_VALUES, WITHIN, WITHIN_VALUES
from carillon.routing.request import Request, Source
from carillon.sip.dialogproof import is_proved
from carillon.sip.uri import SipUri
from carillon.stores.tracewire import LONGEST

MOST_RECIPES: Final = 4096

_WITHIN = ksr.Several(*WITHIN_VALUES)
_REPLY = ksr.Several(*REPLY_VALUES)

SHOWN: Final = '"\x00shown" <sip:shown>'
"""In place of who is shown to the caller."""


class Plain:
    """The short path of one process. What it keeps are recipes, no state of any call."""

    def __init__(self, settings: Settings, tracer: Tracer) -> None:
        self._node, self._tracer = settings.node, tracer
        self._socket = settings.gateway_sockets.towards
        self._gateways = {str(gateway): gateway for gateway in settings.node.every_gateway}
        self._recipes: dict[tuple[object, ...], Recipe | None] = {}
        ours = settings.node.presence
        self._never = {str(ours)} if ours else set()
        self._kinds: dict[str, Callable[[], bool]] = {"ACK": self._within, "BYE": self._within}

    def request(self) -> bool:
        """Whether the request was plain, and is done."""
        kind = self._kinds.get(ksr.text("$rm"))
        return kind is not None and kind()

    def _within(self) -> bool:
        """ACK and BYE of a dialog that is proved to be ours, and whose sound goes by no relay."""
        text = _WITHIN.together()
        found = WITHIN.fullmatch(text)
        if found is None or PRIVATE in text.lower():
            return False
        method, user, called, call_id, address, port, by, home, sender, to, proof = found.groups()
        source, place = "gateway", f"{address}:{port}"
        if place not in self._gateways:
            if place in self._never or ksr.shared_text(TRUNKS, speaks_from(address, int(port))) is not None:
                return False
            source = "outside"
        known = self._recipe(self._within_said, method, source, called)
        if known is None or not is_proved(self._node.secret, proof, call_id, sender, to):
            return False
        if ksr.is_absorbed():
            return True
        if method == "BYE":
            ksr.remove_shared(DIALOGS, call_id)
        if source == "gateway":
            ksr.follow("", "")
        else:
            ksr.follow(f"sip:{called};transport=udp", self._socket(called))
        to_whom = f"{user}@{called.partition(':')[0]}"
        self._tracer.row(
            f"{time.time()!r}\x1fin-dialog\x1f{call_id}\x1f\x1f{place}\x1f{source}\x1f{method}\x1f{by}@{home}\x1f{to_whom}"
            f"\x1f{known.words}"
        )
        return True

    def _within_said(self, method: str, source: str, called: str) -> Recipe | None:
        target = SipUri.parse(f"sip:{called}")
        if target is None:
            return None
        request = Request(method, target, target, target, "", Source(source), from_tag="-", to_tag="-")
        decision = indialog.decide(request, Facts(0.0, self._node))
        if not isinstance(decision.outcome, Follow) or (source == "outside" and called not in self._gateways):
            return None
        return recipe(decision, {})

    def reply(self) -> bool:
        """Whether a reply was plain, and is done."""
        text = _REPLY.together()
        found = REPLY.fullmatch(text)
        if found is None or PRIVATE in text.lower():
            return False
        code, reason, address, port, host, at, timer, leg, leg_id, called, shown = found.groups()
        if leg == "inbound":
            if ksr.shared_text(TOLD, leg_id) is not None:
                return False
        elif shown or code != "180" and ksr.wants_encryption():
            return False
        known = self._recipe(self._reply_said, leg, code, reason, timer, bool(shown))
        if known is None:
            return False
        for act, values in known.steps:
            act(*values) if shown == "" else act(*[value % {"shown": shown} for value in values])
        if host is not None and (host != address or (at or "5060") != port):
            ksr.alias_this_contact()
        words = known.words % {"shown": shown}
        self._tracer.row(f"{time.time()!r}\x1f{leg} reply\x1f\x1f{leg_id}\x1f{address}\x1f\x1f{code}\x1f\x1f{called}\x1f{words}")
        return True

    def _reply_said(self, leg: str, code: str, reason: str, timer: str, is_shown: bool) -> Recipe | None:
        interval = timer if timer != NONE and int(code) >= 200 else ""
        memo = Memo(Leg(leg), "-", "-@-", shown=SHOWN if is_shown else "")
        return recipe(replies.decide(memo, ReplyFacts(int(code), reason, session_expires=interval)), {"shown": SHOWN})

    def _recipe(self, said: Callable[..., Recipe | None], *key: object) -> Recipe | None:
        """What was said before of the same, or what `said` finds now."""
        try:
            return self._recipes[said.__name__, *key]
        except KeyError:
            pass
        if len(self._recipes) >= MOST_RECIPES:
            self._recipes.clear()
        found = said(*key)
        self._recipes[said.__name__, *key] = found
        return found
