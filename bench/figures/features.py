"""CPU of a call with every feature in use, against the native script that has none."""

from __future__ import annotations

from bench.figure import Figure, Grid, Target
from bench.lab import Lab
from bench.phases import inbound, outbound
from bench.subjects import without_asterisk

MOST = 2.2
LEGS = ("inbound", "outbound")


def found(lab: Lab) -> Figure:
    """Everybody has forwarding rows, a state, and a group with pick-up; plain calls pass by all of it."""
    load = lab.load(1000, 100, 4)
    subjects = (lab.native, lab.ours, lab.featured)
    with without_asterisk(lab.ours), without_asterisk(lab.featured):
        rounds = lab.measure([(leg, each) for leg in (inbound, outbound) for each in subjects], load)
    native, plain, all_on = (rounds.spread(each.name, *LEGS).median for each in subjects)
    rows = [
        (what, f"{spent:.0f}", f"{spent / native:.2f}")
        for what, spent in (("native script", native), ("ours, nothing set up", plain), ("ours, every feature", all_on))
    ]
    return Figure(
        "features",
        [Grid("features: CPU µs of a call, medians", ("", "µs", "ratio"), rows)],
        [Target("CPU of a call with every feature, ours / native", all_on / native, MOST)],
        {"native": native, "plain": plain, "features": all_on, "void": rounds.void},
    )
