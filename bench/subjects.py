"""What is measured: a system of ours as `carillon up` starts it, a native Kamailio, and Asterisk alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.own_network import add_address
from bench.people import DOMAIN, PEOPLE, Person, with_phones
from bench.processes import Parts, running, tree
from bench.reference import asterisk, kamailio, presence
from carillon.confgen.apply import own, run_directory
from carillon.confgen.system import System
from carillon.confgen.targets import engine, target
from carillon.model.node import Node
from carillon.provisioning.system import create_system
from carillon.supervision import supervisor
from carillon.supervision.prepare import lay_out, load_system
from carillon.supervision.start import await_healthy, foreground_supervisor, prepare
from carillon.supervision.stop import remove_run, stop
from carillon.system.paths import SERVICE_USER, SystemPaths

PHONES = "10.79.0.9"
CALLERS = "10.79.0.10"
"""Where phones call from when those that are called are at PHONES."""
PHONE_PORT = 5070
Peer = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that runs. `people` have phones and call each other, `registering` are those whose phones register."""

    name: str
    node: Node
    people: tuple[Person, ...]
    registering: tuple[Person, ...]
    parts: Callable[[], Parts]
    secret: bytes = b""
    paths: SystemPaths | None = None

    @property
    def proxy(self) -> Peer:
        """Where phones send to."""
        return self.node.address, self.node.sip_port

    @property
    def gateway(self) -> Peer:
        """Where Asterisk is, or SIPp in its place."""
        return self.node.gateway_address, self.node.gateway_port

    @property
    def beside_gateway(self) -> Peer:
        """Where Asterisk sends to."""
        return self.node.gateway_address, self.node.sip_port


@contextmanager
def ours(folder: Path, name: str, address: str, people: int) -> Iterator[Subject]:
    """A system of ours, all of it, supervised. Nobody is in it yet: see `bench.lab`."""
    with up(name, created(folder / name, address), people) as subject:
        yield subject


@contextmanager
def up(name: str, paths: SystemPaths, people: int) -> Iterator[Subject]:
    """A node of ours that is there already, while it runs."""
    system = prepare(paths)
    top = foreground_supervisor(system)
    try:
        await_healthy(paths, system.node, lambda status: None)
        callers = with_phones(people)
        yield Subject(
            name,
            system.node,
            callers,
            callers,
            lambda: _supervised(paths, psutil.Process(top.pid)),
            paths.secret.read_bytes(),
            paths,
        )
    finally:
        stop(paths)
        top.wait(timeout=20)
        shutil.rmtree(paths.state, ignore_errors=True)


@contextmanager
def without_asterisk(subject: Subject) -> Iterator[None]:
    """Stop the Asterisk of a system of ours, so that SIPp may take its place; start it again at the end."""
    assert subject.paths is not None
    socket = subject.paths.supervisor_socket
    supervisor.stop_program(socket, "asterisk")
    try:
        yield
    finally:
        supervisor.start_program(socket, "asterisk")
        await_healthy(subject.paths, subject.node, lambda status: None)


@contextmanager
def native(folder: Path) -> Iterator[Subject]:
    """Kamailio with bench/reference/kamailio.cfg.jinja in place of our routing."""
    with _laid_out(folder / "native", "10.79.0.2", ("tls", "kamailio")) as system:
        context = engine("kamailio").context(system)
        (context.run / "kamailio.cfg").write_text(kamailio.text(context, system.node))
        with running(engine("kamailio").command(context), {}, folder / "native.log") as root:
            yield Subject("native", system.node, PEOPLE, PEOPLE, lambda: {"kamailio": tree(root)})


@contextmanager
def native_presence(folder: Path, people: int) -> Iterator[Subject]:
    """A presence server with bench/reference/presence.cfg.jinja, which phones ask by themselves."""
    callers = with_phones(people)
    with _laid_out(folder / "native presence", "10.79.0.11", ("presence",)) as system:
        context = engine("presence").context(system)
        (context.run / "presence.cfg").write_text(presence.text(context, system.node, callers))
        presence.let_watch(system.paths, callers)
        with running(engine("presence").command(context), {}, folder / "native-presence.log") as root:
            yield Subject(
                "native presence",
                system.node,
                callers,
                callers,
                lambda: {"presence": tree(root)},
                paths=system.paths,
            )


@contextmanager
def minimal(folder: Path) -> Iterator[Subject]:
    """The same with bench/reference/minimal.py: the native script in Python."""
    with _laid_out(folder / "minimal", "10.79.0.7", ("tls", "kamailio")) as system:
        context = engine("kamailio").context(system)
        for name, text in kamailio.python_files(context, system.node).items():
            (context.run / name).write_text(text)
        environment = {"PYTHONDONTWRITEBYTECODE": "1"}
        with running(engine("kamailio").command(context), environment, folder / "minimal.log") as root:
            yield Subject("minimal", system.node, PEOPLE, PEOPLE, lambda: {"kamailio": tree(root)})


@contextmanager
def alone(folder: Path) -> Iterator[Subject]:
    """Asterisk with bench/reference/asterisk, without any Kamailio."""
    with _laid_out(folder / "alone", "10.79.0.4", ("asterisk",)) as system:
        part = engine("asterisk")
        context = part.context(system)
        for name, text in asterisk.texts(context, system.node, f"{PHONES}:{PHONE_PORT}").items():
            (context.run / name).write_text(text)
        with running(part.command(context), part.environment(context), folder / "alone.log") as root:
            yield Subject("alone", system.node, PEOPLE, asterisk.REGISTERING, lambda: {"asterisk": tree(root)})


def created(folder: Path, address: str) -> SystemPaths:
    """A system of one node at an address that this network gets; it isn't started."""
    add_address(address)
    paths = SystemPaths.of(folder)
    create_system(folder, DOMAIN, address)
    paths.trusted.write_text(f"{PHONES}\n{CALLERS}\n")  # one address makes all calls: it is no flood
    return paths


@contextmanager
def _laid_out(folder: Path, address: str, targets: tuple[str, ...]) -> Iterator[System]:
    """A system that isn't started, with the files of these targets."""
    paths = created(folder, address)
    system = load_system(paths)
    lay_out(system)
    for name in targets:
        part = target(name)
        directory = run_directory(paths, name)
        own(directory)
        for path, text in part.files(part.context(system)).items():
            (directory / path).write_text(text)
            shutil.chown(directory / path, SERVICE_USER, SERVICE_USER)
    try:
        yield system
    finally:
        remove_run(paths)
        shutil.rmtree(paths.state, ignore_errors=True)


def _supervised(paths: SystemPaths, top: psutil.Process) -> Parts:
    """Each program's processes; what is left is the supervisor with its listener."""
    states = supervisor.states(paths.supervisor_socket) or {}
    parts = {
        name: tree(psutil.Process(state.pid)) for name, state in states.items() if state.pid and name != "restarts"
    }
    named = {process.pid for processes in parts.values() for process in processes}
    parts["supervisor"] = [process for process in tree(top) if process.pid not in named]
    return parts
