"""What a trace says of a call while Redis is dead: what is missing, and why."""

from __future__ import annotations

from tests.worlds.simulated import SimulatedOffice


def test_the_trace_says_why_only_the_code_was_told() -> None:
    office = SimulatedOffice()
    office.redis.dies()
    call = office.alice.calls(office.bob)
    office.bob.refuses(call, 486, "In A Meeting")
    call.failed(486)
    assert "Redis did not answer: the code is told, and what was said with it is missing" in office.engine.ladder()


def test_with_redis_it_says_what_was_told() -> None:
    office = SimulatedOffice()
    call = office.alice.calls(office.bob)
    office.bob.refuses(call, 486, "In A Meeting")
    call.failed(486)
    assert "Redis did not answer" not in office.engine.ladder()
