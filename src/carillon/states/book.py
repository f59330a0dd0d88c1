"""Everything that is said of people now, source by source; what changes touches a few people at a time. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from carillon.model.presence import PresenceState
from carillon.presence.activities import ON_THE_PHONE
from carillon.presence.aggregate import Merged, Said, Source, merged
from carillon.presence.picture import Forwards, Line, Picture, Rule, VoiceMessages
from carillon.presence.spans import Span, next_start, said_at

Manual = Mapping[str, tuple[Said, ...]]


class Book:
    """What each source says, by AOR. Every method returns the AORs that it touches."""

    def __init__(self) -> None:
        self._manual: dict[str, tuple[Said, ...]] = {}
        self._calendars: dict[str, tuple[Span, ...]] = {}
        self._published: dict[str, tuple[Said, ...]] = {}
        self._published_at: dict[str, dict[str, tuple[Said, ...]]] = {}
        self._elsewhere: dict[str, tuple[Said, ...]] = {}
        self._registered: frozenset[str] = frozenset()
        self._lines: dict[str, tuple[Line, ...]] = {}
        self._lines_at: dict[str, dict[str, tuple[Line, ...]]] = {}
        self._voice: dict[str, VoiceMessages] = {}
        self._forwards: dict[str, Forwards] = {}
        self._rule_of: Callable[[str], Rule] = _usual
        self._busy_since: dict[str, float] = {}
        self._ends: dict[str, float] = {}

    def manual(self, said: Mapping[str, tuple[Said, ...]]) -> set[str]:
        """All that people and administrators say."""
        touched, self._manual = _different(self._manual, said), dict(said)
        return touched

    def calendars(self, spans: Mapping[str, tuple[Span, ...]]) -> set[str]:
        """All that calendars say, also of the days to come."""
        touched, self._calendars = _different(self._calendars, spans), dict(spans)
        return touched

    def published(self, said: Mapping[str, tuple[Said, ...]]) -> set[str]:
        """All that phones say."""
        touched, self._published = _different(self._published, said), dict(said)
        return touched

    def published_at(self, node: str, said: Mapping[str, tuple[Said, ...]]) -> set[str]:
        """All that phones say of these people at a sibling; nothing is said of others."""
        before = self._published_at.get(node, {})
        fresh = {aor: some for aor, some in {**before, **said}.items() if some}
        touched, self._published_at[node] = _different(before, fresh), fresh
        for aor in touched:
            found = tuple(each for one in sorted(self._published_at) for each in self._published_at[one].get(aor, ()))
            self._elsewhere.pop(aor, None)
            if found:
                self._elsewhere[aor] = found
        return touched

    def registered(self, aors: Iterable[str]) -> set[str]:
        """Everybody who has a phone that is registered."""
        now = frozenset(aors)
        touched, self._registered = set(now ^ self._registered), now
        return touched

    def calls(self, lines: Mapping[str, tuple[Line, ...]], now: float, *, node: str = "") -> set[str]:
        """The calls of these people at a node, "" for this one; nothing is said of others."""
        before = self._lines_at.get(node, {})
        fresh = {aor: some for aor, some in {**before, **lines}.items() if some}
        touched, self._lines_at[node] = _different(before, fresh), fresh
        for aor in touched:
            self._merge_calls(aor, now)
        return touched

    def people_in_calls(self, node: str = "") -> set[str]:
        """Who has calls at a node, "" for this one."""
        return set(self._lines_at.get(node, ()))

    def _merge_calls(self, aor: str, now: float) -> None:
        found = tuple(line for node in sorted(self._lines_at) for line in self._lines_at[node].get(aor, ()))
        self._lines.pop(aor, None)
        if found:
            self._lines[aor] = found
        if Picture(lines=found).in_call:
            self._busy_since.setdefault(aor, now)
        else:
            self._busy_since.pop(aor, None)

    def voice(self, waiting: Mapping[str, VoiceMessages]) -> set[str]:
        """All voice messages that wait."""
        touched, self._voice = _different(self._voice, waiting), dict(waiting)
        return touched

    def forwards(self, forwards: Mapping[str, Forwards]) -> set[str]:
        """To whom people forward all their calls, or those that they don't take."""
        touched, self._forwards = _different(self._forwards, forwards), dict(forwards)
        return touched

    def rules(self, rule_of: Callable[[str], Rule]) -> set[str]:
        """What is shown of each person from now on."""
        touched = {aor for aor in self.people if rule_of(aor) != self._rule_of(aor)}
        self._rule_of = rule_of
        return touched

    def ended(self, now: float) -> set[str]:
        """Those of whom something that was said has ended by now, or an event has begun."""
        return {aor for aor, end in self._ends.items() if end <= now}

    def knows(self, aor: str) -> bool:
        """Whether anything is known of somebody."""
        return any(aor in each for each in self._sources())

    @property
    def people(self) -> set[str]:
        """Everybody of whom anything is known."""
        return {aor for each in self._sources() for aor in each}

    def _sources(self) -> tuple[Collection[str], ...]:
        said = self._manual, self._calendars, self._published, self._elsewhere
        return *said, self._registered, self._lines, self._voice, self._forwards

    def said(self, aor: str, now: float) -> tuple[Said, ...]:
        """All that is said of a person now; a call that is up says busy, unless his rule is otherwise."""
        call = None if not self._rule_of(aor).busy_in_call else self._busy_since.get(aor)
        calls = () if call is None else (Said(Source.CALLS, PresenceState.BUSY, call, who=ON_THE_PHONE),)
        calendars = said_at(self._calendars.get(aor, ()), now)
        published = *self._published.get(aor, ()), *self._elsewhere.get(aor, ())
        return (*self._manual.get(aor, ()), *calendars, *calls, *published)

    def picture(self, aor: str, now: float) -> tuple[Picture, Merged]:
        """What is shown of a person, and why; None of it is known of somebody else."""
        result = merged(self.said(aor, now), now)
        ends = [each.until for each in result.said if each.until is not None]
        begins = next_start(self._calendars.get(aor, ()), now)
        ends += [] if begins is None else [begins]
        if ends:
            self._ends[aor] = min(ends)
        else:
            self._ends.pop(aor, None)
        shown = Picture(
            result.state,
            result.dnd,
            result.note,
            result.source,
            result.until,
            aor in self._registered,
            self._lines.get(aor, ()),
            self._voice.get(aor, VoiceMessages()),
            self._rule_of(aor),
            self._forwards.get(aor, Forwards()),
        )
        return shown, result


def _usual(aor: str) -> Rule:
    return Rule()


def _different(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    return {aor for aor in before.keys() | after.keys() if before.get(aor) != after.get(aor)}
