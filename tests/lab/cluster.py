"""A system of several nodes on one machine: each on a host of its own in the lab's network, and hosts for phones."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.lab.clock import Clock
from tests.lab.commandline import Done, run, run_another, run_by
from tests.lab.network import NONE_BEHIND, Network

from carillon.system.paths import SystemPaths

COMMAND = Path(__file__).parents[2] / "bin" / "carillon"
PATIENCE_S = 300
DOMAIN = "lab.test"
NAMES = ("one", "two", "three", "four", "five", "six")
PHONES = ("ph1", "ph2", "ph3")


class Machine:
    """A host of the lab, with a directory in which it is a node, or not yet."""

    def __init__(self, network: Network, host: str, directory: Path, address: str | None = None) -> None:
        self.network, self.host, self.directory = network, host, directory
        self.address = address or network.address(host)
        self.paths = SystemPaths.of(directory)
        self.checkout: Path | None = None
        """Another version of the product than this one, that runs here."""
        self.clock: Clock | None = None
        """What is started here goes by this clock, if any."""

    def asks(self, *arguments: str) -> Done:
        """Run `carillon --dir … ARGUMENTS` here."""
        asked = "--dir", str(self.directory), *arguments
        if self.checkout is not None:
            return run_another(self.checkout, asked, self.network.namespace(self.host), PATIENCE_S)
        if self.clock is not None:
            return run_by(self.clock, asked, self.network.namespace(self.host), PATIENCE_S)
        return run(*asked, namespace=self.network.namespace(self.host), patience_s=PATIENCE_S)

    def does(self, *arguments: str) -> Done:
        """As `asks`, for what must be done."""
        return self.asks(*arguments).well()

    def joins(self, first: Machine, *, member: bool = False) -> None:
        """Become a node of the system that `first` is one of, perhaps one that holds the database, and start."""
        options = ("--database",) if member else ("--no-database",)
        added = first.does("--json", "node", "add", self.host, "--address", self.address, *options).row
        self.does("node", "join", added["key"])
        self.does("up")

    def witnesses(self, first: Machine) -> subprocess.Popen[Any]:
        """Become a witness for the database of the system that `first` is one of; gives its process."""
        added = first.does("--json", "node", "add", "--witness", self.host, "--address", self.address).row
        self.directory.mkdir()
        into = {**os.environ, "CARILLON_WITNESS_DIR": str(self.directory)}
        return self._votes(["sh", added["script"], "run"], env=into)

    def votes(self) -> subprocess.Popen[Any]:
        """Start the witness that this machine is, as at its boot; gives its process."""
        return self._votes(["sh", str(self.directory / "vote.sh")])

    def _votes(self, command: list[str], **popen: Any) -> subprocess.Popen[Any]:
        with (self.directory / "log").open("ab") as log:
            return self.network.run(self.host, command, stdout=log, stderr=log, **popen)


class Cluster:
    """The machines by name; the first one has the database."""

    def __init__(self, network: Network, machines: Mapping[str, Machine]) -> None:
        self.network, self.machines = network, machines

    def __getitem__(self, name: str) -> Machine:
        return self.machines[name]

    @classmethod
    @contextmanager
    def open(
        cls,
        begin: str,
        nodes: int,
        home: Path,
        phones: tuple[str, ...] = PHONES,
        checkout: Path | None = None,
        clocks: Mapping[str, float] = MappingProxyType({}),
        behind: Mapping[str, Sequence[str]] = NONE_BEHIND,
    ) -> Iterator[Cluster]:
        """Machines for so many nodes, the first of which runs a system alone; all of it is gone at the end.

        `checkout` is another version of the product than this one, for all of them. `clocks` says whose clock can be
        set, and by how many seconds it is ahead at first: `cluster["two"].clock.is_ahead(-600)` sets it. `behind` says
        which hosts stand at a site that a link joins to the others.
        """
        names = NAMES[:nodes]
        hosts = {name: f"10.78.0.{n}" for n, name in enumerate(names, start=1)}
        hosts |= {name: f"10.78.0.{n}" for n, name in enumerate(phones, start=11)}
        with ExitStack() as stack:
            network = stack.enter_context(Network.build(begin, hosts, behind))
            machines = {name: Machine(network, name, home / name) for name in names}
            first = machines[names[0]]
            for machine in machines.values():
                machine.checkout = checkout
                if machine.host in clocks:
                    machine.clock = stack.enter_context(Clock.open(clocks[machine.host]))
                stack.callback(_remove, machine)
            first.does("create", str(first.directory), "--domain", DOMAIN, "--address", first.address)
            first.does("up")
            yield cls(network, machines)


def _remove(machine: Machine) -> None:
    machine.asks("down")
    shutil.rmtree(machine.paths.own_database.parent, ignore_errors=True)
    shutil.rmtree(machine.directory, ignore_errors=True)
