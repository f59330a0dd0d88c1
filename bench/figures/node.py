"""The node with its Asterisk against Asterisk alone with the same dial-out: calls a second for the same CPU."""

from __future__ import annotations

from bench.figure import Figure, Grid, Target
from bench.lab import Lab
from bench.phases import whole

LEAST = 0.6


def found(lab: Lab) -> Figure:
    """Phones call phones; digest in both. Calls a second are those that one core would carry if CPU is the limit."""
    load = lab.load(400, 40, 4)
    rounds = lab.measure([(whole, lab.alone), (whole, lab.ours)], load)
    ours, alone = (rounds.spread(name, "whole") for name in ("ours", "alone"))
    ratio = alone.median / ours.median
    title = rounds.heading("node", load)
    rows = [
        (name, str(spread), f"{1e6 / spread.median:.0f}")
        for name, spread in (("node", ours), ("Asterisk alone", alone))
    ]
    parts = rounds.by_part("ours", "whole")
    grids = [
        Grid(title, ("", "CPU µs", "calls/s a core"), rows),
        Grid("node: by component", ("", "µs a call"), [(name, f"{spent:.0f}") for name, spent in parts.items()]),
    ]
    values = {"node": ours.median, "alone": alone.median, "ratio": ratio, "by_component": parts, "void": rounds.void}
    return Figure("node", grids, [Target("calls/s of the node / of Asterisk alone", ratio, LEAST, True)], values)
