"""CPU of all our processes but Asterisk for a call over both legs, against the native script."""

from __future__ import annotations

from bench.figure import Figure, Grid, Target
from bench.lab import Lab
from bench.phases import inbound, outbound
from bench.rounds import Rounds
from bench.subjects import without_asterisk

MOST = 1.8
LEGS = ("inbound", "outbound")


def found(lab: Lab) -> Figure:
    """SIPp stands in for Asterisk. 85 of 100 calls are answered, 10 find somebody busy, 5 are given up."""
    load = lab.load(1000, 100, 5)
    subjects = (lab.native, lab.minimal, lab.ours)
    with without_asterisk(lab.ours):
        rounds = lab.measure([(leg, each) for leg in (inbound, outbound) for each in subjects], load)
    ratio = rounds.spread("ours", *LEGS).median / rounds.spread("native", *LEGS).median
    title = rounds.heading("calls", load)
    rows = [_row(rounds, "inbound leg", "inbound"), _row(rounds, "outbound leg", "outbound")]
    parts = rounds.by_part("ours", *LEGS)
    grids = [
        Grid(title, ("", "ours", "native", "ratio", "native in Python"), [*rows, _row(rounds, "call", *LEGS)]),
        Grid("calls: ours by component", ("", "µs a call"), [(name, f"{spent:.0f}") for name, spent in parts.items()]),
    ]
    values = {each.name: rounds.spread(each.name, *LEGS).median for each in subjects}
    return Figure(
        "calls",
        grids,
        [Target("CPU of a call, ours / native", ratio, MOST)],
        {**values, "ratio": ratio, "by_component": parts, "void": rounds.void},
    )


def _row(rounds: Rounds, what: str, *phases: str) -> tuple[str, ...]:
    ours, native, minimal = (rounds.spread(name, *phases) for name in ("ours", "native", "minimal"))
    return what, str(ours), str(native), f"{ours.median / native.median:.2f}", str(minimal)
