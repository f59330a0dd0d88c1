"""What a hundred thousand registered phones cost while nobody calls, and how long Kamailio takes to start with them."""

from __future__ import annotations

import time

from bench.figure import Figure, Grid
from bench.lab import Lab
from bench.people import CROWD, DOMAIN, person
from bench.processes import cpu_seconds, memory_kib
from bench.registered import leave
from bench.subjects import Subject
from carillon.supervision import supervisor
from carillon.supervision.start import await_healthy

SETTLED_S, WATCHED_S = 30.0, 60.0


def found(lab: Lab) -> Figure:
    """At rest: milliseconds of CPU a second, and memory (PSS)."""
    subject, _ = lab.many
    few = _at_rest(subject, lab.quick)
    lab.progress.say(f"many: {CROWD} phones, and Kamailio starts again")
    started_s = _registered(subject)
    many = _at_rest(subject, lab.quick)
    rows = [
        (name, f"{few[name][0]:.1f}", f"{spent:.1f}", f"{held / 1024:.0f}")
        for name, (spent, held) in sorted(many.items(), key=lambda item: -item[1][0])
    ]
    held_kib = sum(held for _, held in many.values())
    rows.append(("all", f"{_sum(few):.1f}", f"{_sum(many):.1f}", f"{held_kib / 1024:.0f}"))
    heading = ("", "CPU ms/s, none", f"with {CROWD:,}", "MiB")
    title = f"phones: at rest with {CROWD:,} people, none and then all of them registered"
    note = Grid("phones: Kamailio starts again", ("", "s"), [("until everything is healthy", f"{started_s:.1f}")])
    values = {"none": few, "all": many, "start_s": started_s}
    return Figure("phones", [Grid(title, heading, rows), note], [], values)


def _registered(subject: Subject) -> float:
    """Seconds until everything is healthy with all of them."""
    paths, node = subject.paths, subject.node
    assert paths is not None
    supervisor.stop_program(paths.supervisor_socket, "kamailio")
    extensions = (person(rank).extension for rank in range(CROWD))
    leave(paths.state / "location.db", DOMAIN, extensions, f"udp:{node.address}:{node.sip_port}")
    began = time.monotonic()
    supervisor.start_program(paths.supervisor_socket, "kamailio")
    await_healthy(paths, node, lambda status: None)
    return time.monotonic() - began


def _at_rest(subject: Subject, quick: bool) -> dict[str, tuple[float, int]]:
    """CPU in milliseconds a second, and KiB, of each component."""
    time.sleep(SETTLED_S / (2 if quick else 1))
    watched_s = WATCHED_S / (2 if quick else 1)
    before = cpu_seconds(subject.parts())
    time.sleep(watched_s)
    after, memory = cpu_seconds(subject.parts()), memory_kib(subject.parts())
    return {name: (1000 * (after[name] - before[name]) / watched_s, memory[name]) for name in after}


def _sum(costs: dict[str, tuple[float, int]]) -> float:
    return sum(spent for spent, _ in costs.values())
