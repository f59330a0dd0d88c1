"""Calls in a domain where others have ten thousand forwarding rules, against one where nobody has any."""

from __future__ import annotations

from bench.figure import Figure, Grid, Target
from bench.habits import ROWS_EACH
from bench.lab import FORWARDERS, Lab
from bench.phases import inbound, outbound
from bench.subjects import without_asterisk

MOST = 1.15
"""Two systems of the same size differ by so much from one run to the next."""
LEGS = ("inbound", "outbound")


def found(lab: Lab) -> Figure:
    """The same people call each other; those with rules are others."""
    few, many = lab.ours, lab.ruled
    load = lab.load(1000, 100, 4)
    with without_asterisk(few), without_asterisk(many):
        rounds = lab.measure([(leg, each) for leg in (inbound, outbound) for each in (few, many)], load)
    before, after = (rounds.spread(each.name, *LEGS).median for each in (few, many))
    rules = FORWARDERS * ROWS_EACH
    shown = ("a call", f"{before:.0f}", f"{after:.0f}", f"{after / before:.2f}")
    return Figure(
        "rows",
        [Grid("rows: CPU µs, medians", ("", "no rule", f"{rules:,} rules", "ratio"), [shown])],
        [Target(f"a call with {rules:,} rules in its domain / without", after / before, MOST)],
        {"none": before, "rules": after, "void": rounds.void},
    )
