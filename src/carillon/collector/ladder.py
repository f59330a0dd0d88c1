"""From the rows of a call to its ladder: who said what to whom, and which rules decided. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from carillon.routing.decision import TraceRow
from carillon.stores.tracewire import Row


class Place(IntEnum):
    """Who takes part, from left to right; Kamailio stands on both sides of Asterisk."""

    CALLER = 0
    INBOUND = 1
    GATEWAY = 2
    OUTBOUND = 3
    CALLEE = 4


Way = tuple[Place, Place, Place]
WAYS: Mapping[str, Way] = {
    "inbound": (Place.CALLER, Place.INBOUND, Place.GATEWAY),
    "outbound": (Place.GATEWAY, Place.OUTBOUND, Place.CALLEE),
}
"""By leg: from whom a request comes, who decides, to whom it goes."""

_BACK = frozenset({"Reply", "Challenge"})
_OF_DIALOGS = frozenset({"in-dialog", "transfer"})
_ENDS_HERE = frozenset({"Save", "Drop"})


@dataclass(frozen=True, slots=True)
class Arrow:
    """One message from one place to the next."""

    start: Place
    end: Place
    label: str


@dataclass(frozen=True, slots=True)
class Step:
    """What one decision saw and did; `leg` is `inbound`, `outbound` or empty, `at` Unix time."""

    at: float
    leg: str
    route: str
    address: str
    arrows: tuple[Arrow, ...]
    rules: tuple[TraceRow, ...]


@dataclass(frozen=True, slots=True)
class Ladder:
    """A call. `call_ids` are those of the inbound and the outbound leg, as far as there was one."""

    leg: str
    names: Mapping[Place, str]
    call_ids: tuple[str | None, str | None]
    steps: tuple[Step, ...]

    @property
    def places(self) -> tuple[Place, ...]:
        """Who takes part, from left to right."""
        used = {place for step in self.steps for arrow in step.arrows for place in (arrow.start, arrow.end)}
        return tuple(sorted(used))


def ladder_of(rows: Iterable[Row]) -> Ladder:
    """The ladder of a call's rows, which are in the order of time."""
    rows = list(rows)
    leg_of = {row.call_id: row.route for row in rows if row.route in WAYS}
    steps = tuple(_step(row, leg_of.get(row.call_id, "inbound")) for row in rows)
    leg_id = next((row.leg for row in rows if row.leg), "")
    return Ladder(leg_id, _names(rows), (_call_id(rows, "inbound"), _call_id(rows, "outbound")), steps)


def _call_id(rows: list[Row], leg: str) -> str | None:
    fallback = rows[0].call_id or None if rows and leg == "inbound" else None
    return next((row.call_id for row in rows if row.route == leg), fallback)


def _step(row: Row, leg_of_dialog: str) -> Step:
    leg, _, kind = row.route.partition(" ")
    if leg not in WAYS:
        leg, kind = leg_of_dialog, "dialog" if row.route in _OF_DIALOGS else ""
    arrows = {"reply": _reply, "failure": _failure, "dialog": _in_dialog}.get(kind, _request)(row, WAYS[leg])
    return Step(row.at, leg, row.route, row.address, arrows, row.rules)


def _request(row: Row, way: Way) -> tuple[Arrow, ...]:
    near, here, far = way
    came = Arrow(near, here, row.message)
    if row.outcome in _BACK:
        return came, Arrow(here, near, row.detail)
    if row.outcome in _ENDS_HERE:
        return (came, Arrow(here, near, "200 OK")) if row.outcome == "Save" else (came,)
    return came, Arrow(here, far, row.message)


def _in_dialog(row: Row, way: Way) -> tuple[Arrow, ...]:
    from_gateway = row.source == "gateway"
    return _request(row, way if from_gateway == (way[0] is Place.GATEWAY) else (way[2], way[1], way[0]))


def _reply(row: Row, way: Way) -> tuple[Arrow, ...]:
    """A final failure stays here until every phone has spoken; then the failure route says what goes back."""
    near, here, far = way
    came = Arrow(far, here, _with_reason(row))
    return (came, Arrow(here, near, came.label)) if row.message < "300" else (came,)


def _failure(row: Row, way: Way) -> tuple[Arrow, ...]:
    near, here, far = way
    if any(rule.verdict == "cancelled" for rule in row.rules):
        return Arrow(near, here, "CANCEL"), Arrow(here, far, "CANCEL"), Arrow(here, near, "487 Request Terminated")
    if row.outcome in {"Reply", "Pass"}:
        return (Arrow(here, near, row.detail or (row.rules[-1].fact if row.rules else "?")),)
    return (Arrow(here, far, "INVITE"),)


def _with_reason(row: Row) -> str:
    """The code with its reason phrase, if a rule has quoted it."""
    return next((rule.fact for rule in row.rules if rule.fact.startswith(f"{row.message} ")), row.message)


def _names(rows: list[Row]) -> dict[Place, str]:
    names = dict.fromkeys((Place.INBOUND, Place.OUTBOUND), "kamailio") | {Place.GATEWAY: "asterisk"}
    first = next((row for row in rows if row.source != "gateway" and row.sender), None)
    names[Place.CALLER] = _authenticated(rows) or (first.sender if first else "caller")
    rung = next((row for row in rows if row.route == "outbound"), None)
    names[Place.CALLEE] = (rung.detail if rung and rung.outcome == "Ring" else "") or _called(rows)
    return names


def _authenticated(rows: list[Row]) -> str:
    """The AOR that a phone proved to be of, in the words of the rule `authenticated`."""
    facts = (rule.fact for row in rows for rule in row.rules if rule.rule == "authenticated")
    return next((fact.rpartition(" of ")[2] for fact in facts if fact.startswith("device ")), "")


def _called(rows: list[Row]) -> str:
    return next((row.called for row in rows if row.called), "callee")
