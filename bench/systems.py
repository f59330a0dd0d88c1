"""The two that are compared: a system of ours, and the same Kamailio with a native script."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.phones.raw import RawAgent

from bench import native
from bench.engine_process import EngineProcess, running
from bench.own_network import add_address
from bench.people import DOMAIN, PEOPLE, add_people
from carillon.confgen.apply import own, run_directory
from carillon.confgen.system import System
from carillon.confgen.targets import engine, target
from carillon.model.node import Node
from carillon.provisioning.system import create_system, open_truth
from carillon.supervision.prepare import lay_out, load_system
from carillon.supervision.stop import remove_run
from carillon.system.paths import SERVICE_USER, SystemPaths

PHONES = "10.79.0.9"
PHONE_PORT = 5070


@dataclass(frozen=True, slots=True)
class Subject:
    """One of the two, running: `secret` is what its leg ids are sealed with."""

    name: str
    node: Node
    kamailio: EngineProcess
    secret: bytes
    directory: Path


@contextmanager
def ours(folder: Path) -> Iterator[Subject]:
    """A system as `carillon up` configures it, with Redis and Kamailio; SIPp takes the place of Asterisk."""
    with ExitStack() as stack:
        system = stack.enter_context(_system(folder / "ours", "10.79.0.1"))
        for name in ("redis", "kamailio"):
            part = engine(name)
            context = part.context(system)
            log = folder / f"ours-{name}.log"
            process = stack.enter_context(running(part.command(context), part.environment(context), log))
        yield _ready("ours", system, process)


@contextmanager
def native_script(folder: Path) -> Iterator[Subject]:
    """The same system, its Kamailio with bench/native.cfg.jinja in place of our routing."""
    with _system(folder / "native", "10.79.0.2") as system:
        context = engine("kamailio").context(system)
        (context.run / "kamailio.cfg").write_text(native.text(context, system.node))
        with running(engine("kamailio").command(context), {}, folder / "native-kamailio.log") as process:
            yield _ready("native", system, process)


@contextmanager
def _system(folder: Path, address: str) -> Iterator[System]:
    add_address(address)
    paths = SystemPaths.of(folder)
    create_system(folder, DOMAIN, address)
    paths.trusted.write_text(f"{PHONES}\n")  # one address makes all calls: it is no flood
    add_people(open_truth(paths))
    try:
        yield _prepared(load_system(paths))
    finally:
        remove_run(paths)
        shutil.rmtree(paths.state, ignore_errors=True)


def _prepared(system: System) -> System:
    """Lay out what `carillon up` would, except for Asterisk, which SIPp stands in for."""
    lay_out(system)
    for name in ("tls", "redis", "kamailio", "supervisor"):
        part = target(name)
        directory = run_directory(system.paths, name)
        own(directory)
        for path, text in part.files(part.context(system)).items():
            (directory / path).write_text(text)
            shutil.chown(directory / path, SERVICE_USER, SERVICE_USER)
    return system


def _ready(name: str, system: System, process: EngineProcess) -> Subject:
    """Register everybody's phone at the address where SIPp will answer for it."""
    for person in PEOPLE:
        with RawAgent(
            person.extension,
            DOMAIN,
            password=person.password,
            algorithm="MD5",
            proxy=f"{system.node.address}:{system.node.sip_port}",
            address=PHONES,
            port=PHONE_PORT,
        ) as phone:
            answer = phone.register(expires=3600)
        if answer.code != 200:
            raise RuntimeError(f"{name}: {person.aor} could not register: {answer.start}")
    paths = system.paths
    return Subject(name, system.node, process, paths.secret.read_bytes(), paths.run_directory)
