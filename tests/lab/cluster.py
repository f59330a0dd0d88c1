"""A system of several nodes on one machine: each on a host of its own in the lab's network, and hosts for phones.

`python -m tests.lab.cluster` (`make lab`) builds it, prints how to use it, and removes it at Ctrl-C.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.lab.clock import Clock
from tests.lab.commandline import Done, run, run_another, run_by
from tests.lab.network import Network
from tests.lab.prefix import prefix
from tests.phones.baresip import lay

from carillon.system.paths import SystemPaths

COMMAND = Path(__file__).parents[2] / "bin" / "carillon"
PATIENCE_S = 300
DOMAIN = "lab.test"
NAMES = ("one", "two", "three", "four")
PHONES = ("ph1", "ph2", "ph3")


class Machine:
    """A host of the lab, with a directory in which it is a node, or not yet."""

    def __init__(self, network: Network, host: str, directory: Path) -> None:
        self.network, self.host, self.directory = network, host, directory
        self.address = network.address(host)
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
    ) -> Iterator[Cluster]:
        """Machines for so many nodes, the first of which runs a system alone; all of it is gone at the end.

        `checkout` is another version of the product than this one, for all of them. `clocks` says whose clock can be
        set, and by how many seconds it is ahead at first: `cluster["two"].clock.is_ahead(-600)` sets it.
        """
        names = NAMES[:nodes]
        hosts = {name: f"10.78.0.{n}" for n, name in enumerate(names, start=1)}
        hosts |= {name: f"10.78.0.{n}" for n, name in enumerate(phones, start=11)}
        with ExitStack() as stack:
            network = stack.enter_context(Network.build(begin, hosts))
            machines = {name: Machine(network, name, home / name) for name in names}
            first = machines[names[0]]
            for machine in machines.values():
                machine.checkout = checkout
                if machine.host in clocks:
                    machine.clock = Clock.build(home / f"clock-{machine.host}", clocks[machine.host])
                stack.callback(_remove, machine)
            first.does("create", str(first.directory), "--domain", DOMAIN, "--address", first.address)
            first.does("up")
            yield cls(network, machines)


def _remove(machine: Machine) -> None:
    machine.asks("down")
    shutil.rmtree(machine.paths.own_database.parent, ignore_errors=True)
    shutil.rmtree(machine.directory, ignore_errors=True)


def _phone(cluster: Cluster, host: str, extension: str, person: str, stack: ExitStack) -> Path:
    """A person with a phone that asks the DNS of the lab; the directory that baresip reads."""
    one, place = cluster["one"], cluster["one"].directory.with_name(host)
    one.does("user", "add", extension, "--name", person)
    added = one.does("--json", "device", "add", extension, "--user", extension).row
    place.mkdir()
    lay(place, extension, added["password"], DOMAIN, address=cluster.network.address(host))
    stack.enter_context(cluster.network.resolving(host, one.address))
    return place


def main() -> None:
    """Build two nodes that answer DNS, and a witness, give people phones, and stay until Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        tempfile.TemporaryDirectory(prefix="carillon-lab-") as home,
        Cluster.open(prefix("la-"), 4, Path(home)) as cluster,
        ExitStack() as stack,
    ):
        one = cluster["one"]
        print("one is up; two joins, three votes …", flush=True)
        cluster["two"].joins(one, member=True)
        witness = stack.enter_context(cluster["three"].witnesses(one))
        stack.callback(witness.kill)
        one.does("domain", "set", DOMAIN, "--digest", "md5")  # baresip gives up when it sees SHA-256
        for name in ("one", "two"):
            cluster[name].does("dns", "serve", "on")
        phones = [
            (host, extension, _phone(cluster, host, extension, person, stack))
            for host, extension, person in zip(PHONES, ("101", "102", "103"), ("Alice", "Bob", "Carol"), strict=True)
        ]
        print(one.does("node", "list").output)
        inside = {host: f"ip netns exec {cluster.network.namespace(host)}" for host in (*NAMES, *PHONES)}
        print(
            f"""The lab is up: nodes one (10.78.0.1) and two (10.78.0.2) of {DOMAIN}, which answer DNS for it;
three (10.78.0.3) votes on their database, and four (10.78.0.4) is bare.

Phones, which ask the DNS of one; `d` and an extension calls there, Return answers, `b` hangs up, `q` ends:""",
            *(f"  {inside[host]} baresip -f {place}     # {extension}" for host, extension, place in phones),
            f"""
Nodes; commands are in force on both:
  alias one='{inside["one"]} {COMMAND} --dir {one.directory}'
  alias two='{inside["two"]} {COMMAND} --dir {cluster["two"].directory}'
  one status
  one dns check --server 10.78.0.1
  one node add four --address 10.78.0.4
  {inside["four"]} {COMMAND} --dir {cluster["four"].directory} node join KEY

What goes wrong:
  two drill node     # its power fails, and comes back after 10 s
  ip -n {cluster.network.namespace("two")} link set eth0 down     # its cable is pulled; `up` plugs it in
  {inside["two"]} tc qdisc add dev eth0 root tbf rate 1mbit burst 16kb latency 200ms     # a slow link; `del` ends it
Ctrl-C ends and removes all of it.""",
            sep="\n",
            flush=True,
        )
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("removing the lab …", file=sys.stderr)


if __name__ == "__main__":
    main()
