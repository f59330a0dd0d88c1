"""A call on a node that has siblings, against one on a node that is alone: its cost must not grow with their number."""

from __future__ import annotations

import time

from bench.figure import Figure, Grid, Target
from bench.lab import Lab
from bench.phases import Load, whole
from bench.processes import cpu_seconds
from bench.rounds import Rounds
from bench.subjects import Subject

MOST = 1.15
"""Two systems of the same size differ by so much from one run to the next."""
REST_S = 10.0
AMONG = (("10.79.0.21",), ("10.79.0.31", "10.79.0.32"), ("10.79.0.41", "10.79.0.42", "10.79.0.43"))


def found(lab: Lab) -> Figure:
    """Calls through the node's own Asterisk, whose work isn't counted, nor what is done without any call."""
    subjects = [lab.several(addresses) for addresses in AMONG]
    rest = [_at_rest(each) for each in subjects]
    load = lab.load(400, 40, 4)
    rounds = lab.measure([(whole, each) for each in subjects], load)
    costs = [_cost(rounds, each, load, idle) for each, idle in zip(subjects, rest, strict=True)]
    rows = [
        (each.name, f"{cost:.0f}", f"{cost / costs[0]:.2f}", f"{idle / 1000:.0f}")
        for each, cost, idle in zip(subjects, costs, rest, strict=True)
    ]
    grid = Grid("nodes: CPU of one node, medians", ("", "µs a call", "ratio", "ms a second at rest"), rows)
    parts = {each.name: rounds.by_part(each.name, "whole") for each in subjects}
    dearest = [(name, *(f"{some.get(name, 0.0):.0f}" for some in parts.values())) for name in parts[subjects[-1].name]]
    return Figure(
        "nodes",
        [grid, Grid("nodes: by component, µs a call with what is spent at rest", ("", *parts), dearest)],
        [
            Target("a call on one of three nodes / on one of two", costs[2] / costs[1], MOST),
            Target("a call on one of three nodes / on one alone", costs[2] / costs[0], MOST),
        ],
        {"call": costs, "rest": rest, "by_component": parts, "void": rounds.void},
    )


def _at_rest(subject: Subject) -> float:
    """CPU microseconds a second of all but Asterisk."""
    before = cpu_seconds(subject.parts())
    time.sleep(REST_S)
    after = cpu_seconds(subject.parts())
    return 1e6 * sum(after[name] - before.get(name, 0.0) for name in after if name != "asterisk") / REST_S


def _cost(rounds: Rounds, subject: Subject, load: Load, rest: float) -> float:
    return rounds.spread(subject.name, "whole", without=("asterisk",)).median - rest / load.rate
