"""A main, a satellite at Liège, and phones at both: 101 and 102 at the main, 201 and 202 at the branch."""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.lab.cluster import DOMAIN, Cluster, Machine
from tests.lab.known import comes_true
from tests.phones.raw import RawAgent

from carillon.siblings import states
from carillon.supervision.bound import bound
from carillon.supervision.rpc import RpcFailed

PEOPLE = {"101": "Alice", "102": "Bob", "201": "Carol", "202": "Dave"}
HOSTS = {"101": "ph1", "102": "ph2", "201": "ph3", "202": "ph4"}
PROVIDER = "ph5"


class Branch:
    """`one` is the main, `two` the satellite."""

    def __init__(self, cluster: Cluster) -> None:
        self.network, self.one, self.two = cluster.network, cluster["one"], cluster["two"]
        self._phones, self._passwords = ExitStack(), dict[str, str]()

    @classmethod
    @contextmanager
    def open(cls, begin: str, home: Path, clocks: Mapping[str, float] = MappingProxyType({})) -> Iterator[Branch]:
        """Both are up, and know each other; `clocks` as of `Cluster`."""
        with Cluster.open(begin, 2, home, phones=(*HOSTS.values(), PROVIDER), clocks=clocks) as cluster:
            branch = cls(cluster)
            try:
                branch._hires()
                branch.joins()
                yield branch
            finally:
                branch.leaves_phones()

    def _hires(self) -> None:
        self.one.does("site", "add", "liege")
        for extension, name in PEOPLE.items():
            site = "main" if extension < "200" else "liege"
            self.one.does("user", "add", extension, "--name", name, "--site", site)
            added = self.one.does("--json", "device", "add", extension, "--user", extension).row
            self._passwords[extension] = added["password"]

    def joins(self) -> None:
        """By the command that the main prints, word for word, but for the directory of this machine."""
        said = self.one.does("satellite", "add", "liege", "--address", self.two.address).output
        command = said.splitlines()[-1].strip()
        for words in (shlex.split(part) for part in command.split("&&")):
            assert words[:3] == ["carillon", "--dir", str(self.one.directory)]
            self.two.does(*words[3:])

    def phone(self, extension: str, at: Machine) -> RawAgent:
        """Somebody's phone, registered for an hour, and known on both machines unless the link is cut."""
        host = HOSTS[extension]
        agent = self._phones.enter_context(
            RawAgent(
                extension,
                DOMAIN,
                password=self._passwords[extension],
                proxy=f"{at.address}:5060",
                namespace=self.network.namespace(host),
                address=self.network.address(host),
            )
        )
        assert agent.register(expires=3600).code == 200
        return agent

    def provider(self) -> RawAgent:
        """The branch's own line to the telephone network."""
        address = self.network.address(PROVIDER)
        if not self.one.does("--json", "trunk", "list").row:
            options = ("--address", f"{address}:5060", "--main-number", "+3242220000", "--probe", "no")
            self.one.does("trunk", "add", "local", *options)
            self.one.does("outbound", "add", "", "--trunk", "local", "--site", "liege")
        where = {"namespace": self.network.namespace(PROVIDER), "address": address, "port": 5060}
        proxy = f"{self.two.address}:5060"
        return self._phones.enter_context(RawAgent("provider", "provider.test", proxy=proxy, **where))  # type: ignore[arg-type]

    def leaves_phones(self) -> None:
        """Take all phones away."""
        self._phones.close()

    def is_known(self, machine: Machine, agent: RawAgent) -> bool:
        """Whether a machine knows this phone."""
        try:
            found = bound(machine.paths.kamailio_rpc, f"{agent.user}@{DOMAIN}")
        except RpcFailed:
            return False
        return agent.contact in [one.contact for one in found]

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """The branch hears nothing of the main, and the main nothing of it."""
        self.network.cut("one")
        try:
            assert comes_true(lambda: "no main answers since" in self.follower(self.two), 30)
            yield
        finally:
            self.network.heal("one")

    def follower(self, machine: Machine) -> str:
        """What `status` says of a machine's follower."""
        rows = machine.asks("--json", "status").row["components"]
        return str(next(row["problem"] for row in rows if row["name"] == "follower"))

    def listed(self) -> dict[str, Any]:
        """What the main says of its only satellite."""
        rows: list[dict[str, Any]] = self.one.does("--json", "satellite", "list").row
        (row,) = rows
        return row


def accounts(machine: Machine) -> set[str]:
    """The phones that a machine lets in."""
    with closing(sqlite3.connect(machine.paths.run_directory)) as directory:
        return {username for (username,) in directory.execute("SELECT username FROM account")}


def trunks(machine: Machine) -> set[str]:
    """The trunks that a machine knows."""
    with closing(sqlite3.connect(machine.paths.run_directory)) as directory:
        return {name for (name,) in directory.execute("SELECT name FROM trunk")}


def is_up(machine: Machine, other: str) -> bool:
    """Whether a machine hears another one."""
    return any(one.name == other and one.up for one in states.read(machine.paths.sibling_states))
