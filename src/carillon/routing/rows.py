"""Which row of a person's forwarding table fits a call: in the listed order, the first one that leads somewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from carillon.model.forwarding import NOT, Cause
from carillon.model.target import TargetKind
from carillon.routing.facts import UNKNOWN, Facts, Unknown
from carillon.routing.numbering import OutsideNumber, cleaned, outside_number
from carillon.routing.presence import state_of
from carillon.routing.progress import REDIRECTED
from carillon.routing.schedule import is_open
from carillon.stores.ports import ForwardRow, Party, ScheduleProfile

LATER = (Cause.BUSY, Cause.NO_ANSWER, Cause.OFFLINE, Cause.UNREACHABLE, Cause.DECLINED)
"""Causes that show only when phones have been tried."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What rows ask about: who calls (a number or an extension), from where, in which state the person is, and when.

    `been` are those who have sent the call on already.
    """

    caller: str
    origin: str
    state: str
    now: float
    schedules: Mapping[tuple[str, str], ScheduleProfile] | Unknown
    caller_lists: Mapping[tuple[str, str], frozenset[str]] | Unknown
    been: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Way:
    """A target of a row that a call may go to; `more` when the row has another one behind it."""

    row: ForwardRow
    position: int
    target: str
    outside: OutsideNumber | None
    more: bool


def circumstances(party: Party, caller: str, origin: str, facts: Facts, been: frozenset[str]) -> Circumstances:
    """The circumstances of a call for a person."""
    state = state_of(party, facts.now).state
    return Circumstances(caller, origin, state, facts.now, facts.schedules, facts.caller_lists, been)


def fitting(party: Party, causes: frozenset[str], seen: Circumstances) -> Iterator[ForwardRow]:
    """The rows of a person for any of these causes, in their order."""
    return (row for row in party.forwarding if row.cause in causes and _fits(party.domain, row, seen))


def ways(party: Party, rows: Iterator[ForwardRow], seen: Circumstances) -> Iterator[Way | str]:
    """The targets of these rows in turn; a text is why one is passed over."""
    for row in rows:
        yield from row_ways(party, row, seen)


def row_ways(party: Party, row: ForwardRow, seen: Circumstances, begin: int = 0) -> Iterator[Way | str]:
    """The targets of one row from a position on."""
    for position, written in enumerate(row.targets[begin:], begin):
        target = _own(party, written)
        outside = outside_number(target, party.site) if target.startswith("+") else None
        problem = _problem(party, target, outside, seen)
        yield problem or Way(row, position, target, outside, position + 1 < len(row.targets))


def dialled(party: Party, number: str, seen: Circumstances, *, inside: bool) -> Iterator[Way | str]:
    """Where a person's own phone sends a call, as he would dial it: inside first, when that is to be tried."""
    text = cleaned(number)
    outside = outside_number(text, party.site)
    row = ForwardRow(0, REDIRECTED, (text,))
    if inside and text.isdigit():
        yield _problem(party, text, None, seen) or Way(row, 0, text, None, more=False)
    if outside is not None:
        yield _problem(party, outside.number, outside, seen) or Way(row, 1, outside.number, outside, more=False)


def is_service(target: str) -> bool:
    """Whether something of ours answers at a target, such as `voicemail:102` or `announcement:closed`."""
    return ":" in target


def _own(party: Party, target: str) -> str:
    """One's own voicemail by its whole name."""
    return f"{target}:{party.extension}" if target == TargetKind.VOICEMAIL else target


def _problem(party: Party, target: str, outside: OutsideNumber | None, seen: Circumstances) -> str:
    """Why a call can't go there, "" when it can."""
    if target.startswith("+") and outside is None:
        return f"{target} is no valid number"
    if outside is not None:
        right = outside.number_class in party.outside
        return "" if right else f"{party.aor} may not make {outside.number_class} calls"
    return f"{target} has sent the call on already" if f"{target}@{party.domain}" in seen.been else ""


def _fits(domain: str, row: ForwardRow, seen: Circumstances) -> bool:
    """What is not known does not fit: such a row is for some calls only."""
    if row.presence and seen.state not in row.presence:
        return False
    if row.origin is not None and row.origin != seen.origin:
        return False
    return _in_list(domain, row.caller, seen) and _in_hours(domain, row.schedule, seen)


def _in_list(domain: str, name: str | None, seen: Circumstances) -> bool:
    if name is None:
        return True
    if seen.caller_lists is UNKNOWN:
        return False
    callers = seen.caller_lists.get((domain, name), frozenset())
    beginnings = {f"{seen.caller[:length]}*" for length in range(1, len(seen.caller) + 1)}
    return not callers.isdisjoint({seen.caller, *beginnings})


def _in_hours(domain: str, name: str | None, seen: Circumstances) -> bool:
    if name is None:
        return True
    if seen.schedules is UNKNOWN:
        return False
    schedule = seen.schedules.get((domain, name.removeprefix(NOT)))
    return schedule is not None and is_open(schedule, seen.now) is not name.startswith(NOT)
