"""Messages of the simulated office: what the engine and the presence server do with what the rules decide."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import Protocol

from tests.worlds.phone import SimulatedLetter, SimulatedPhone

from carillon.messages.keeping import Fate, fate
from carillon.routing.decision import Challenge, Decision, Deliver, Reply, SetFrom
from carillon.routing.message import is_kept_after
from carillon.routing.request import Request, Source
from carillon.sip.uri import SipUri


class Asks(Protocol):
    """A phone's request, with the answer to the challenge."""

    def __call__(self, phone: SimulatedPhone, method: str, uri: SipUri, *, body_bytes: int) -> Decision: ...


class Routes(Protocol):
    """A request through its route."""

    def __call__(self, request: Request) -> Decision: ...


class SimulatedPost:
    """Delivers messages, and keeps those that nobody took until a phone registers."""

    def __init__(self, bindings: dict[str, list[SimulatedPhone]], asks: Asks, routes: Routes) -> None:
        self._bindings, self._asks, self._routes = bindings, asks, routes
        self._kept: dict[str, list[SimulatedLetter]] = defaultdict(list)
        self._ids = itertools.count(1)

    def write(self, phone: SimulatedPhone, uri: SipUri, text: str) -> int:
        """A MESSAGE; the final code that its sender hears."""
        decision = self._asks(phone, "MESSAGE", uri, body_bytes=len(text.encode()))
        match decision.outcome:
            case Reply(code) | Challenge(code):
                return code
            case Deliver() as deliver:
                letter = _written(decision, text)
                code = self._delivered(deliver.aor, letter)
                if not is_kept_after(code, deliver.keeper):
                    return code
                self._kept[deliver.aor].append(SimulatedLetter(text, letter.name, letter.sender, dated=True))
                return 202
        raise AssertionError(decision)

    def is_back(self, aor: str) -> None:
        """Somebody has a phone again: what waits for him goes through its route anew, in order."""
        while self._kept[aor]:
            letter = self._kept[aor][0]
            user, _, host = aor.partition("@")
            sender, _, home = letter.sender.partition("@")
            target = SipUri(user, host)
            request = Request(
                *("MESSAGE", target, SipUri(sender, home), target, f"kept-{next(self._ids)}"),
                source=Source.PRESENCE, from_tag="k", body_bytes=len(letter.text.encode()),
            )  # fmt: skip
            decision = self._routes(request)
            assert isinstance(decision.outcome, Deliver), decision
            assert decision.outcome.keeper is None
            if fate(self._delivered(aor, _written(decision, letter.text, dated=True))) is Fate.WAITS:
                return
            del self._kept[aor][0]

    def _delivered(self, aor: str, letter: SimulatedLetter) -> int:
        """All devices that are there get it; the code of the first one, or of nobody."""
        bound = self._bindings.get(aor, [])
        there = [phone for phone in bound if not phone.dead]
        for phone in there:
            phone.read.append(letter)
        return 200 if there else 408 if bound else 480


def _written(decision: Decision, text: str, *, dated: bool = False) -> SimulatedLetter:
    shown = next(effect for effect in decision.effects if isinstance(effect, SetFrom))
    return SimulatedLetter(text, shown.name, shown.uri.removeprefix("sip:"), dated)
