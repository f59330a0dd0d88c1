"""Memory at rest, and what a thousand registrations add."""

from __future__ import annotations

from bench import sipp
from bench.figure import Figure, Grid
from bench.lab import Lab
from bench.phases import AT_PHONES, Load, registrations
from bench.processes import memory_kib
from bench.rounds import Void
from bench.subjects import Subject
from carillon.supervision import rpc

CONTACTS = 10
"""Registrations of each of the hundred phones, by places of their own."""
NO_PART = ("asterisk", "rtpengine", "watchdog", "supervisor", "trunks")
WARM_UPS = 10
RATE = 200


def found(lab: Lab) -> Figure:
    """Proportional set size (PSS): what processes share counts once, so that Kamailio's workers can be added up."""
    subject = lab.empty
    rest = memory_kib(subject.parts())
    people = lab.ours
    for _ in range(WARM_UPS):  # so that what each worker needs once isn't taken for what a phone needs
        registrations(people, Load(len(people.registering), RATE, 1), lab.folder)
    shared, before = _shared(people), _memory(people)
    registered = _register(lab, people)
    after, shared_after = _memory(people), _shared(people)
    each_kib = (shared_after - shared) / 1024 / registered * 1000
    added = {name: (after[name] - before[name]) / 1024 * 1000 / registered for name in after}
    rows = [(name, _mib(rest[name]), f"{added[name]:.1f}" if name in added else "") for name in _dearest_first(rest)]
    rows.append(("all", _mib(sum(rest.values())), f"{sum(added.values()):.1f}"))
    rows.append(("Kamailio's shared memory in use", _mib(shared >> 10), f"{each_kib / 1024:.2f}"))
    values = {"rest_kib": rest, "registered": registered, "mib_per_1000": added, "shared_kib_per_1000": each_kib}
    grid = Grid("memory: MiB (PSS)", ("", "at rest", "per 1,000 registrations"), rows)
    return Figure("memory", [grid], [], values)


def _dearest_first(memory: dict[str, int]) -> list[str]:
    return sorted(memory, key=lambda name: -memory[name])


def _mib(kib: int) -> str:
    return f"{kib / 1024:.1f}"


def _register(lab: Lab, subject: Subject) -> int:
    """Each phone once more, from as many ports; returns how many registrations came."""
    fields = [
        f"{one.extension};[authentication username={one.extension} password={one.password}]" for one in subject.people
    ]
    for rank in range(1, CONTACTS):
        place = (AT_PHONES[0], AT_PHONES[1] + rank)
        traffic = sipp.run("registers", place, subject.proxy, fields, RATE, lab.folder)
        if traffic.failed:
            raise Void(f"memory: phones could not register: {traffic}")
    return len(fields) * (CONTACTS - 1)


def _memory(subject: Subject) -> dict[str, int]:
    """Of all that have a part in registrations."""
    return memory_kib({name: processes for name, processes in subject.parts().items() if name not in NO_PART})


def _shared(subject: Subject) -> int:
    """Bytes of Kamailio's shared memory in use."""
    assert subject.paths is not None
    return int(rpc.call(subject.paths.kamailio_rpc, "core.shmmem")["used"])
