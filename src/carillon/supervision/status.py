"""How a system is: every component, with what is wrong with it in words."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from carillon.confgen.targets import engines
from carillon.confgen.tls.certificate import Certificate, summary
from carillon.model.node import Node
from carillon.stores import nameservice
from carillon.supervision import sourcereports
from carillon.supervision.disks import Disk, scarce
from carillon.supervision.probes.engines import certificate_in_force
from carillon.supervision.probes.health import Health
from carillon.supervision.probes.table import PROBES
from carillon.supervision.restarts import Restarts, read_restarts
from carillon.supervision.sourcereports import SourceReport
from carillon.supervision.supervisor import ProgramState, silent_supervisor, states
from carillon.supervision.trunkreports import TrunkReport, reports
from carillon.system.paths import SystemPaths
from carillon.watchdog.notes import NOTES, Note, read_notes

OPTIONAL = {"nameserver": lambda paths: bool(nameservice.read(paths.name_service).listen)}
"""Components that run only where they are asked for, and whether that is so."""


@dataclass(frozen=True, slots=True)
class Component:
    """One component. `uptime_s` counts seconds; a healthy one's `problem` may tell of restarts or a near end."""

    name: str
    healthy: bool
    pid: int | None
    version: str | None
    uptime_s: int | None
    problem: str


@dataclass(frozen=True, slots=True)
class Status:
    """The whole system; `running` says whether its supervisor is there, `certificate` what phones are shown.

    A trunk that is down is a provider's trouble: the system is healthy all the same.
    `disks` are those with little room.
    """

    running: bool
    components: tuple[Component, ...]
    certificate: Certificate | None = None
    trunks: tuple[TrunkReport, ...] = ()
    sources: tuple[SourceReport, ...] = ()
    disks: tuple[Disk, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether every component is, and there is room for what they keep."""
        return self.works and not any(disk.is_full for disk in self.disks)

    @property
    def works(self) -> bool:
        """Whether every component is healthy: calls go on, with or without room on the disk."""
        return all(component.healthy for component in self.components)

    def as_json(self) -> dict[str, Any]:
        """The form that outside checks read."""
        certificate = summary(self.certificate) if self.certificate else None
        components, trunks = [asdict(one) for one in self.components], [asdict(one) for one in self.trunks]
        sources = [asdict(one) for one in self.sources]
        more = {"certificate": certificate, "trunks": trunks, "sources": sources}
        more["disks"] = [asdict(one) for one in self.disks]
        return {"healthy": self.healthy, "components": components, **more}


def status(paths: SystemPaths, node: Node) -> Status:
    """Ask the supervisor and every engine, all at the same time; takes at most some seconds."""
    known, names = states(paths.supervisor_socket), engines(paths)
    if known is None:
        stopped = _unsupervised(paths)
        wanted = [name for name in names if name not in OPTIONAL]
        stopped_ones = tuple(Component(name, False, None, None, None, stopped) for name in wanted)
        return Status(False, stopped_ones, disks=scarce(paths))
    restarts, notes = read_restarts(paths.restarts), read_notes(paths.run_watchdog / NOTES)
    wanted = [name for name in names if name not in OPTIONAL or OPTIONAL[name](paths)]
    with ThreadPoolExecutor(len(wanted)) as pool:
        healths = list(pool.map(lambda name: _ask(name, known.get(name), paths, node), wanted))
    rows = zip(wanted, healths, strict=True)
    components = tuple(
        _component(name, known.get(name), one, restarts.get(name), notes.get(name)) for name, one in rows
    )
    trunks, sources = tuple(reports(paths).values()), sourcereports.reports(paths)
    return Status(True, components, certificate_in_force(paths), trunks, sources, scarce(paths))


def _unsupervised(paths: SystemPaths) -> str:
    if hung := silent_supervisor(paths):
        return f"the supervisor (process {hung.pid}) doesn't answer; run `carillon down` and `carillon up`"
    return "not running; `carillon up` starts it"


def _ask(name: str, state: ProgramState | None, paths: SystemPaths, node: Node) -> Health:
    if state is None or state.pid is None:
        return Health(problem=_not_running(state))
    return PROBES[name](paths, node)


def _not_running(state: ProgramState | None) -> str:
    if state is None:
        return "unknown to the supervisor; run `carillon down` and `carillon up`"
    return f"not running ({state.state.lower()}: {state.words})"


def _component(
    name: str, state: ProgramState | None, health: Health, again: Restarts | None, note: Note | None
) -> Component:
    alive = state is not None and state.pid is not None
    words = [each for each in (health.problem, health.warning) if each]
    if note:
        words.append(note.words)
    if again:
        words.append(f"restarted {again.count} time{'s' if again.count > 1 else ''}, last at {again.last}")
    return Component(
        name=name,
        healthy=alive and not health.problem,
        pid=state.pid if state else None,
        version=health.version,
        uptime_s=max(0, int(time.time()) - state.since) if state and alive else None,
        problem="; ".join(words),
    )
