"""The presence server of the simulated office, and who draws pictures: with the pure parts of the product."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING

from tests.phones.message import Message
from tests.schemas.valid import faults
from tests.worlds.phone import SimulatedPhone

from carillon.model.presence import PresenceState
from carillon.presence import compositor, dialoginfo, pidf
from carillon.presence.aggregate import Said, Source
from carillon.presence.compositor import Publication, Publish
from carillon.presence.picture import DialogState, Line, Picture
from carillon.presence.privacy import shown_to
from carillon.routing.decision import Challenge, MarkWatched, Reply, Submit
from carillon.sip.uri import SipUri
from carillon.states.book import Book
from carillon.states.naming import Naming

if TYPE_CHECKING:
    from tests.worlds.engine import Engine, Leg


class SimulatedPresence:
    """Keeps what phones publish, and shows watchers what the rules let them watch."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._book = engine, Book()
        self._published: dict[str, tuple[Publication, ...]] = defaultdict(tuple)
        self._tags: dict[SimulatedPhone, str] = {}
        self._ids = itertools.count(1)
        self._naming = Naming(lambda ids: {id: engine.dialogs[id] for id in ids if id in engine.dialogs}, self._name)

    def publish(self, phone: SimulatedPhone, body: str) -> int:
        """A PUBLISH, in place of what the phone has published before; the final code."""
        own = SipUri(phone.username, phone.domain)
        decision = self._engine.asks(phone, "PUBLISH", own, event="presence")
        match decision.outcome:
            case Reply(code) | Challenge(code):
                return code
            case Submit(aor):
                before, now = self._published[aor], self._engine.now
                said = Publish(aor, "presence", 600, self._tags.get(phone, ""), pidf.TYPE, body)
                answer = compositor.answer(said, before, now, f"tag{next(self._ids)}")
                kept = tuple(each for each in before if each.tag != answer.forget)
                if answer.keep:
                    self._published[aor] = (*kept, answer.keep)
                    self._tags[phone] = answer.keep.tag
                return answer.code
        raise AssertionError(decision)

    def subscribe(self, phone: SimulatedPhone, uri: SipUri, event: str) -> tuple[int, str, str]:
        """A SUBSCRIBE: the final code, who is watched, and by whom (an extension)."""
        decision = self._engine.asks(phone, "SUBSCRIBE", uri, event=event)
        match decision.outcome:
            case Reply(code) | Challenge(code):
                return code, "", ""
            case Submit(aor):
                mark = next(effect for effect in decision.effects if isinstance(effect, MarkWatched))
                return 200, aor, mark.by
        raise AssertionError(decision)

    def told(self, aor: str, watcher: str, event: str, version: int) -> Message:
        """What a watcher is told last: the document, which must be valid by its schema."""
        extension, entity = aor.partition("@")[0], f"sip:{aor}"
        picture = shown_to(watcher, extension, self._picture(aor))
        body = dialoginfo.write(entity, picture, version) if event == "dialog" else pidf.write(entity, picture)
        assert faults(body) == [], body
        return Message(f"NOTIFY {entity} SIP/2.0\r\n\r\n{body}")

    def _picture(self, aor: str) -> Picture:
        engine, now = self._engine, self._engine.now
        party = engine.directory.party(aor.partition("@")[2], aor.partition("@")[0])
        by_hand = party.presence if party else ()
        said = tuple(
            Said(Source.MANUAL, PresenceState(row.state), 0.0, row.dnd, row.note, row.until) for row in by_hand
        )
        self._book.manual({aor: said})
        phones = (Said(Source.PHONE, one.state, one.since, False, one.note, one.until, one.tag)
                  for one in self._published[aor] if one.until > now)  # fmt: skip
        self._book.published({aor: tuple(phones)})
        self._book.registered([aor for aor, phones in engine.bindings.items() if phones])
        group = party.service.removeprefix("group:") if party and party.service.startswith("group:") else ""
        lines = tuple(line for leg in engine.legs for line in (_of_group(leg, group) if group else _lines(leg, aor)))
        self._book.calls(self._naming.all_completed({aor: lines}), now)
        return self._book.picture(aor, now)[0]

    def _name(self, address: str) -> str:
        number, _, domain = address.partition("@")
        party = self._engine.directory.party(domain, number)
        return party.name if party else ""


def _lines(leg: Leg, aor: str) -> list[Line]:
    """A call as one of its people's lamps shows it: as caller, and as who is called."""
    if leg.over or leg.final or not leg.inbound_memo:
        return []
    state = DialogState.CONFIRMED if leg.answered_by else DialogState.EARLY
    id, called = leg.inbound_memo.leg_id, leg.inbound_memo.called
    if leg.caller.aor == aor:
        return [Line(id, state, True, called)]
    parts = (leg, *(leg.group.legs if leg.group else ()))
    rung = next((part for part in parts if any(phone.aor == aor for phone in part.ringing)), None)
    return [Line(id, state, False, leg.caller.aor, call_id=rung.dialog)] if rung else []


def _of_group(leg: Leg, name: str) -> list[Line]:
    """A call to a ring group as the group's lamp shows it."""
    if leg.over or leg.final or not leg.inbound_memo or leg.group is None or leg.group.group.name != name:
        return []
    rung = next((part.dialog for part in leg.group.legs if part.ringing), "")
    state = DialogState.CONFIRMED if leg.answered_by else DialogState.EARLY
    return [Line(leg.inbound_memo.leg_id, state, False, leg.caller.aor, call_id=rung)]
