"""Registrations a second for the same CPU: ours, native with HA1 in shared memory, and Asterisk's own registrar."""

from __future__ import annotations

from bench.figure import Figure, Grid, Target
from bench.lab import Lab
from bench.phases import registrations

OF_NATIVE = 0.45
OF_ASTERISK = 3.0


def found(lab: Lab) -> Figure:
    """Each registration is challenged and proved, and refreshes a contact. All our processes but Asterisk count."""
    load = lab.load(1000, 100, 5)
    rounds = lab.measure([(registrations, each) for each in (lab.native, lab.minimal, lab.ours, lab.alone)], load)
    spreads = {
        "ours": rounds.spread("ours", "registrations", without=("asterisk",)),
        "native script": rounds.spread("native", "registrations"),
        "native script in Python": rounds.spread("minimal", "registrations"),
        "Asterisk alone": rounds.spread("alone", "registrations"),
    }
    ours = spreads["ours"].median
    native, alone = spreads["native script"].median / ours, spreads["Asterisk alone"].median / ours
    title = rounds.heading("registrations", load)
    rows = [(name, str(one), f"{1e6 / one.median:.0f}") for name, one in spreads.items()]
    parts = rounds.by_part("ours", "registrations")
    grids = [
        Grid(title, ("", "CPU µs", "a second and core"), rows),
        Grid(
            "registrations: ours by component",
            ("", "µs each"),
            [(name, f"{spent:.0f}") for name, spent in parts.items()],
        ),
    ]
    return Figure(
        "registrations",
        grids,
        [
            Target("registrations/s, ours / native", native, OF_NATIVE, True),
            Target("registrations/s, ours / Asterisk's registrar", alone, OF_ASTERISK, True),
        ],
        {**{name: one.median for name, one in spreads.items()}, "by_component": parts, "void": rounds.void},
    )
