"""When somebody is called back: both free, in the order of asking, one call-back at a time for each."""

from __future__ import annotations

from carillon.calls.callbacks import due
from carillon.stores.waiting import Waiting

NOW = 1000.0


def waits(id: int, caller: str, called: str, expires_at: float = 2000.0, claimed_until: float = 0.0) -> Waiting:
    return Waiting(id, caller, called, 900.0, expires_at, claimed_until)


def ids(rows: list[Waiting], *busy: str, left_alone: tuple[str, ...] = ()) -> list[int]:
    """Who is called back now."""
    found = due(rows, NOW, lambda aor: aor in busy, lambda row, clock: row.called in left_alone)
    return [row.id for row in found]


def test_both_must_be_free() -> None:
    rows = [waits(1, "a", "b")]
    assert ids(rows) == [1]
    assert ids(rows, "a") == ids(rows, "b") == ids(rows, "a", "b") == []


def test_first_come_first_served() -> None:
    rows = [waits(1, "a", "b"), waits(2, "c", "b"), waits(3, "c", "d")]
    assert ids(rows) == [1, 3]
    assert ids(rows, "a") == [2]


def test_who_is_being_called_back_is_in_no_other() -> None:
    rows = [waits(1, "a", "b", claimed_until=NOW + 10), waits(2, "c", "b"), waits(3, "d", "e")]
    assert ids(rows) == [3]
    assert ids([waits(1, "a", "b", claimed_until=NOW - 1), waits(2, "c", "b")]) == [1]


def test_two_who_wait_for_each_other_meet_once() -> None:
    assert ids([waits(1, "a", "b"), waits(2, "b", "a")]) == [1]


def test_what_is_over_and_who_is_left_alone() -> None:
    assert ids([waits(1, "a", "b", expires_at=NOW)]) == []
    assert ids([waits(1, "a", "b"), waits(2, "c", "d")], left_alone=("b",)) == [2]


def test_a_claim_by_a_clock_that_is_ahead_keeps_nobody_waiting_for_it() -> None:
    assert ids([waits(1, "a", "b", claimed_until=NOW + 600)]) == [1]
