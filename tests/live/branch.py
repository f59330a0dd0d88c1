"""A main, a satellite at Liège, and phones at both: 101 and 102 at the main, 201 and 202 at the branch."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from tests.lab.branches import LIEGE, Branches, Site
from tests.lab.cluster import DOMAIN, Machine
from tests.lab.known import comes_true, name
from tests.live.staff import contacts
from tests.live.talking import calls, final
from tests.phones.message import Message
from tests.phones.raw import RawAgent

from carillon.siblings import states


class Branch(Branches):
    """`one` is the main, `two` the satellite."""

    @property
    def one(self) -> Machine:
        """The main."""
        return self.mains[0]

    @property
    def two(self) -> Machine:
        """The satellite."""
        return self.satellites[LIEGE.name]

    @classmethod
    @contextmanager
    def open(
        cls,
        begin: str,
        home: Path,
        clocks: Mapping[str, float] = MappingProxyType({}),
        *,
        mains: int = 1,
        sites: Sequence[Site] = (LIEGE,),
    ) -> Iterator[Self]:
        """Both are up, and know each other; `clocks` as of `Cluster`."""
        with super().open(begin, home, clocks, mains=mains, sites=sites) as branch:
            yield branch

    def waiting(self) -> list[dict[str, Any]]:
        """What the satellite keeps until a main can do it."""
        rows: list[dict[str, Any]] = self.two.does("--json", "satellite", "changes").row
        return rows

    def handed_over(self) -> list[dict[str, Any]]:
        """What the main says of that."""
        rows: list[dict[str, Any]] = self.one.does("--json", "satellite", "changes").row
        return rows

    def kills_satellite(self) -> None:
        """All that runs at the branch dies at once; then it is started again."""
        for pid in self.network.processes(self.two.host):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.two.does("up")

    def provider(self, site: Site = LIEGE) -> RawAgent:
        """The branch's own line to the telephone network."""
        if not self.one.does("--json", "trunk", "list").row:
            self.has_line(site)
        return super().provider(site)


def accounts(machine: Machine) -> set[str]:
    """The phones that a machine lets in."""
    with closing(sqlite3.connect(machine.paths.run_directory)) as directory:
        return {username for (username,) in directory.execute("SELECT username FROM account")}


def trunks(machine: Machine) -> set[str]:
    """The trunks that a machine knows."""
    with closing(sqlite3.connect(machine.paths.run_directory)) as directory:
        return {name for (name,) in directory.execute("SELECT name FROM trunk")}


def reaches_alice_outside(caller: RawAgent, provider: RawAgent) -> Message:
    """Who calls 101 comes to her number outside, +3225550101, and hears that it is busy; what the provider got."""
    invite = calls(caller, f"sip:101@{DOMAIN}")
    received = provider.expect("INVITE", timeout=20)
    assert received.uri.startswith("sip:+3225550101@")
    provider.respond(received, 486)
    assert final(caller, invite).code == 486
    return received


def is_up(machine: Machine, other: str) -> bool:
    """Whether a machine hears another one."""
    return any(one.name == other and one.up for one in states.read(machine.paths.sibling_states))


def agrees(branch: Branch) -> bool:
    """Whether both know the same, now or soon, and say that they do."""

    def same() -> bool:
        listed = branch.listed()
        return (listed["state"], listed["behind"]) == ("up", 0) and "no main" not in branch.follower(branch.two)

    assert comes_true(same, 60), (branch.listed(), branch.follower(branch.two))
    comes_true(lambda: contacts(branch.one) == contacts(branch.two), 60)
    assert contacts(branch.one) == contacts(branch.two)
    return True


def changed(branch: Branch, to: str) -> bool:
    """Whether a change on the main is in force at the branch, now or soon."""
    branch.one.does("user", "set", "102", "--name", to)
    return comes_true(lambda: name(branch.two, "102") == to)
