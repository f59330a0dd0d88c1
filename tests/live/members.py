"""Two nodes that hold the database together, and a third machine that votes: what is asked of them and done to them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import Engine
from tests.lab.cluster import Cluster, Machine
from tests.lab.known import comes_true as soon
from tests.lab.known import name
from tests.lab.prefix import prefix

from carillon.stores.sql.cluster import cluster_state
from carillon.stores.sql.database import Database
from carillon.stores.sql.engine import open_database
from carillon.system.once import may

PATIENCE_S = 240.0


@dataclass
class Members:
    """The nodes one and two, members both, and the witness three with its process."""

    cluster: Cluster
    witness: subprocess.Popen[Any]

    @classmethod
    @contextmanager
    def open(
        cls,
        usual: str,
        home: Path,
        phones: tuple[str, ...] = (),
        checkout: Path | None = None,
        clocks: Mapping[str, float] = MappingProxyType({}),
    ) -> Iterator[Members]:
        """All three together, and hosts for phones; all of it is gone at the end."""
        with Cluster.open(prefix(usual), 3, home, phones, checkout, clocks) as cluster, cls.joined(cluster) as members:
            yield members

    @classmethod
    @contextmanager
    def joined(cls, cluster: Cluster) -> Iterator[Members]:
        """The second machine joins the first one, and the third one votes."""
        cluster["two"].joins(cluster["one"], member=True)
        members = cls(cluster, cluster["three"].witnesses(cluster["one"]))
        try:
            assert together(members.one, 3)
            assert together(members.two, 3)
            yield members
        finally:
            members.witness.kill()
            members.witness.wait()

    @property
    def one(self) -> Machine:
        """The first node."""
        return self.cluster["one"]

    @property
    def two(self) -> Machine:
        """The second one."""
        return self.cluster["two"]

    def other(self, machine: Machine) -> Machine:
        """The other node."""
        return self.two if machine is self.one else self.one

    @property
    def three(self) -> Machine:
        """The machine that votes."""
        return self.cluster["three"]

    def lose_power(self, *machines: Machine) -> None:
        """Every process of these machines ends at once.

        None may see another one end: a MariaDB whose supervisor is gone says goodbye to its cluster, and who is left
        needs no majority then. So all are stopped before any is killed.
        """
        for how in (signal.SIGSTOP, signal.SIGKILL):
            for pid in self._running(machines):
                with suppress(ProcessLookupError):
                    os.kill(pid, how)
        assert soon(lambda: not self._running(machines))

    def _running(self, machines: tuple[Machine, ...]) -> list[int]:
        return [pid for one in machines for pid in self.cluster.network.processes(one.host)]

    def stop_voting(self) -> None:
        """The witness is stopped, as by `systemctl stop`: it says goodbye."""
        self.witness.terminate()
        self.witness.wait()

    def votes_again(self) -> None:
        """The witness starts, as at the boot of its machine, unless it runs."""
        if self.witness.poll() is not None:
            self.witness = self.three.votes()

    def mend(self) -> None:
        """Let all be together again, whatever a drill before has left."""
        for machine in (self.one, self.two, self.three):
            self.cluster.network.heal(machine.host)
        self.votes_again()
        for machine in (self.one, self.two):
            machine.asks("up")  # refused where it runs
        assert together(self.one, 3)
        assert together(self.two, 3)


def comes_true(said: Callable[[], bool]) -> bool:
    """Whether it is so, now or soon: a member that comes back takes its time."""
    return soon(said, PATIENCE_S)


def own_server(machine: Machine) -> Engine:
    """The node's own member of the cluster, and no other."""
    return open_database(replace(Database.read(machine.paths.database), hosts=()))


def known(extension: str, *machines: Machine) -> bool:
    """Whether calls find somebody on all these nodes."""
    return comes_true(lambda: all(name(machine, extension) for machine in machines))


def database_of(machine: Machine) -> str:
    """What `status` says of a node's member of the cluster."""
    components = machine.asks("--json", "status").row["components"]
    return next(str(one["problem"]) for one in components if one["name"] == "database")


def together(machine: Machine, votes: int) -> bool:
    """Whether so many are together, as a node's member sees it and its `status` says it."""
    seen = comes_true(lambda: _sees(machine, votes, majority=True))
    return seen and comes_true(lambda: f"{votes} of 3 of its cluster, in sync" in database_of(machine))


def left_alone(machine: Machine) -> bool:
    """Whether a node's member is without the others, and its `status` says what that means."""
    seen = comes_true(lambda: _sees(machine, 1, majority=False))
    return seen and comes_true(lambda: "only 1 of 3 of its cluster are together here" in database_of(machine))


def _sees(machine: Machine, votes: int, *, majority: bool) -> bool:
    """What its member says: asking `status` all the time would slow down what is awaited."""
    state = cluster_state(replace(Database.read(machine.paths.database), hosts=()))
    return state is not None and (state.size, state.has_majority) == (votes, majority)


def adds(machine: Machine, extension: str) -> bool:
    """Whether somebody can be added there, now or soon: also by a command whose node lost sight of what it had done."""

    def added() -> bool:
        answer = machine.asks("user", "add", extension, "--name", f"Nr. {extension}")
        return answer.code == 0 or f"{extension} is the extension of a user" in answer.error

    return comes_true(added)


def member(machine: Machine) -> int:
    """The process of a node's MariaDB."""
    return int((machine.paths.run_database / "pid").read_text())


def working(*machines: Machine) -> list[str]:
    """Whose daemons do now what happens once."""
    return [machine.host for machine in machines if may(machine.paths.lease, time.monotonic())]
