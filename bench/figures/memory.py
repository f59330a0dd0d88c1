"""Memory at rest, and what a thousand registrations add."""

from __future__ import annotations

from bench import sipp
from bench.figure import Figure, Grid
from bench.lab import Lab
from bench.phases import AT_PHONES
from bench.processes import memory_kib
from bench.rounds import Void
from bench.subjects import Subject
from carillon.supervision import rpc

CONTACTS = 10
"""Registrations of each of the hundred phones, by places of their own."""


def found(lab: Lab) -> Figure:
    """Proportional set size (PSS): what processes share counts once, so that Kamailio's workers can be added up."""
    subject = lab.empty
    rest = memory_kib(subject.parts())
    people = lab.ours
    shared, before = _shared(people), memory_kib(people.parts())
    registered = _register(lab, people)
    after, shared_after = memory_kib(people.parts()), _shared(people)
    each_kib = (shared_after - shared) / 1024 / registered * 1000
    rows = [
        (name, f"{rest[name] / 1024:.1f}", f"{(after[name] - before[name]) / 1024 / registered * 1000:.1f}")
        for name in sorted(rest, key=lambda name: -rest[name])
    ]
    total = sum(after.values()) - sum(before.values())
    rows.append(("all", f"{sum(rest.values()) / 1024:.1f}", f"{total / 1024 / registered * 1000:.1f}"))
    rows.append(("Kamailio's shared memory in use", f"{shared / 2**20:.1f}", f"{each_kib / 1024:.2f}"))
    values = {"rest_kib": rest, "registered": registered, "added_kib": total, "shared_kib_per_1000": each_kib}
    grid = Grid("memory: MiB (PSS)", ("", "at rest", "per 1,000 registrations"), rows)
    return Figure("memory", [grid], [], values)


def _register(lab: Lab, subject: Subject) -> int:
    """Each phone once more, from as many ports; returns how many registrations came."""
    fields = [
        f"{one.extension};[authentication username={one.extension} password={one.password}]" for one in subject.people
    ]
    for rank in range(1, CONTACTS):
        place = (AT_PHONES[0], AT_PHONES[1] + rank)
        traffic = sipp.run("registers", place, subject.proxy, fields, 200, lab.folder)
        if traffic.failed:
            raise Void(f"memory: phones could not register: {traffic}")
    return len(fields) * (CONTACTS - 1)


def _shared(subject: Subject) -> int:
    """Bytes of Kamailio's shared memory in use."""
    assert subject.paths is not None
    return int(rpc.call(subject.paths.kamailio_rpc, "core.shmmem")["used"])
