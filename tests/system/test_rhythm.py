"""A beat that others wait for: it comes in time, late when it must, and never stops."""

from __future__ import annotations

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from carillon.system.rhythm import LONGEST_S, MOST_OF_TIME, sparingly, steadily


@given(st.lists(st.floats(min_value=0, max_value=10), min_size=1, max_size=20))
def test_it_comes_in_time_or_at_once(rounds: list[float]) -> None:
    """Whatever a round takes; the clock goes on between two looks at it, as real ones do."""
    now, begun = 0.0, []

    def clock() -> float:
        nonlocal now
        now += 1e-7
        return now

    def sleep(seconds: float) -> None:
        nonlocal now
        assert seconds >= 0  # `time.sleep` raises for less, and a node was down for good
        now += seconds

    for took, _ in zip(rounds, islice(steadily(2.0, clock, sleep), len(rounds)), strict=True):
        begun.append(now)
        now += took
    for took, one, next_ in zip(rounds, begun, begun[1:], strict=False):
        assert next_ - one >= took
        assert next_ - one <= max(took, 2.0) + 1e-5


@given(st.floats(min_value=0, max_value=1000))
def test_what_grows_with_the_system_takes_a_twentieth_of_a_processor_at_most(cost_s: float) -> None:
    """But it is never waited for longer than half a minute."""
    pause = sparingly(1.0, cost_s)
    assert 1.0 <= pause <= LONGEST_S
    assert pause == LONGEST_S or cost_s / pause <= MOST_OF_TIME + 1e-9
