"""Branches of the lab: a satellite, people with phones and a line to the telephone network at each, behind a link.

`make lab` and the tests build the same: mains in the middle with people of their own, and what `SITES` says.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from tests.lab.cluster import DOMAIN, NAMES, Cluster, Machine
from tests.lab.known import comes_true
from tests.phones.phone import Phone
from tests.phones.raw import RawAgent

from carillon.supervision.bound import bound
from carillon.supervision.rpc import RpcFailed

SILENCE_S = 30.0
"""Far more than it takes until both sides of a link that was cut have noticed."""


@dataclass(frozen=True)
class Site:
    """A place: its people by extension, the hosts of their phones, and at a branch its provider's host and number.

    The satellite of a branch may be without `asterisk`.
    """

    name: str
    people: Mapping[str, str]
    hosts: Mapping[str, str]
    line: str = ""
    number: str = ""
    asterisk: bool = True

    @property
    def trunk(self) -> str:
        """The name of its line."""
        return f"line-{self.name}"


MIDDLE = Site("main", {"101": "Alice", "102": "Bob"}, {"101": "ph1", "102": "ph2"})
LIEGE = Site("liege", {"201": "Carol", "202": "Dave"}, {"201": "ph3", "202": "ph4"}, "ph5", "+3242220000")
NAMUR = Site("namur", {"301": "Erin", "302": "Frank"}, {"301": "ph6", "302": "ph7"}, "ph8", "+3281220000")
SITES = (LIEGE, NAMUR)


def phones(sites: Sequence[Site]) -> tuple[str, ...]:
    """The hosts for phones and lines of branches."""
    return tuple(host for site in sites for host in (*site.hosts.values(), site.line))


def behind(sites: Sequence[Site], machines: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Which hosts stand at which branch; `machines` are the hosts of their satellites."""
    return {site.name: (machine, *phones([site])) for site, machine in zip(sites, machines, strict=True)}


class Branches:
    """`mains` in the middle, and the satellite of each branch by its name; everybody has one device."""

    def __init__(self, cluster: Cluster, mains: Sequence[Machine]) -> None:
        self.cluster, self.network, self.mains = cluster, cluster.network, mains
        self.satellites: dict[str, Machine] = {}
        self.passwords: dict[str, str] = {}
        self._sites: dict[str, Site] = {}
        self._phones = ExitStack()
        self._agents: list[RawAgent] = []

    @classmethod
    @contextmanager
    def open(
        cls,
        begin: str,
        home: Path,
        clocks: Mapping[str, float] = MappingProxyType({}),
        *,
        mains: int = 1,
        sites: Sequence[Site] = SITES,
    ) -> Iterator[Self]:
        """All are up and know each other; all of it is gone at the end. `clocks` as of `Cluster`."""
        names, satellites = NAMES[:mains], NAMES[mains : mains + len(sites)]
        hosts = *MIDDLE.hosts.values(), *phones(sites)
        there = behind(sites, satellites)
        with Cluster.open(begin, mains + len(sites), home, hosts, clocks=clocks, behind=there) as cluster:
            made = cls(cluster, [cluster[name] for name in names])
            for further in made.mains[1:]:
                further.joins(made.mains[0])
            made.hires(MIDDLE)
            try:
                for site, name in zip(sites, satellites, strict=True):
                    made.adds(site, cluster[name])
                yield made
            finally:
                made.leaves_phones()

    def hires(self, site: Site) -> None:
        """The people of a place."""
        for extension, name in site.people.items():
            self._sites[extension] = site
            self.mains[0].does("user", "add", extension, "--name", name, "--site", site.name)
            added = self.mains[0].does("--json", "device", "add", extension, "--user", extension).row
            self.passwords[extension] = added["password"]

    def adds(self, site: Site, machine: Machine) -> None:
        """A branch with its people and its satellite, which is up."""
        self.mains[0].does("site", "add", site.name)
        self.hires(site)
        self.satellites[site.name] = machine
        self.joins(site.name, asterisk=site.asterisk)

    def joins(self, site: str, *, asterisk: bool = True) -> None:
        """By the command that the main prints, word for word, but for the directory of this machine."""
        first, machine = self.mains[0], self.satellites[site]
        options = () if asterisk else ("--without-asterisk",)
        said = first.does("satellite", "add", site, "--address", machine.address, *options).output
        command = said.splitlines()[-1].strip()
        for words in (shlex.split(part) for part in command.split("&&")):
            assert words[:3] == ["carillon", "--dir", str(first.directory)]
            machine.does(*words[3:])

    def has_line(self, site: Site) -> None:
        """The line of a branch is a trunk of its people, for all numbers outside."""
        address = f"{self.network.address(site.line)}:5060"
        first = self.mains[0]
        first.does("trunk", "add", site.trunk, "--address", address, "--main-number", site.number, "--probe", "no")
        first.does("outbound", "add", "", "--trunk", site.trunk, "--site", site.name)

    def site(self, extension: str) -> Site:
        """Where somebody works."""
        return self._sites[extension]

    def host(self, extension: str) -> str:
        """The host of somebody's phone."""
        return self._sites[extension].hosts[extension]

    def home(self, extension: str) -> Machine:
        """Where somebody's phone registers."""
        return self.satellites.get(self._sites[extension].name, self.mains[0])

    def phone(self, extension: str, at: Machine | None = None) -> RawAgent:
        """Somebody's hand-made agent, registered for an hour."""
        own = {"password": self.passwords[extension], **self._place(extension, at)}
        agent = self._phones.enter_context(RawAgent(extension, DOMAIN, **own))
        self._phones.callback(_unregisters, agent)
        assert agent.register(expires=3600).code == 200
        self._agents.append(agent)
        return agent

    def telephone(self, extension: str, at: Machine | None = None, **more: Any) -> Phone:
        """Somebody's real phone, with sound, registered."""
        name = self._sites[extension].people[extension]
        identity = (name, extension, self.passwords[extension], DOMAIN)
        phone = self._phones.enter_context(Phone(*identity, **self._place(extension, at), **more))
        phone.register()
        return phone

    def _place(self, extension: str, at: Machine | None) -> dict[str, Any]:
        host, node = self.host(extension), at or self.home(extension)
        own = {"namespace": self.network.namespace(host), "address": self.network.address(host)}
        return {"proxy": f"{node.address}:5060", **own}

    def provider(self, site: Site = LIEGE) -> RawAgent:
        """Whoever answers at the other end of a branch's line."""
        address, proxy = self.network.address(site.line), f"{self.satellites[site.name].address}:5060"
        where = {"namespace": self.network.namespace(site.line), "address": address, "port": 5060}
        return self._phones.enter_context(RawAgent("provider", "provider.test", proxy=proxy, **where))  # type: ignore[arg-type]

    @property
    def is_bare(self) -> bool:
        """Whether a branch is without Asterisk."""
        return not all(site.asterisk for site in self._sites.values())

    def unregisters(self) -> None:
        """Each agent says that it goes, so that nobody waits for it later."""
        while self._agents:
            assert self._agents.pop().register(expires=0).code == 200

    def leaves_phones(self) -> None:
        """Take all phones away."""
        self._phones.close()

    @contextmanager
    def cut_off(self, site: str = "liege") -> Iterator[None]:
        """The branch hears nothing of the others, and they nothing of it; it has noticed."""
        satellite = self.satellites[site]
        assert self.hears_mains(site), "it has heard mains since the last cut"
        self.network.cut_link(site)
        try:
            assert comes_true(lambda: self._is_alone(satellite), SILENCE_S)
            yield
        finally:
            self.network.heal_link(site)

    @contextmanager
    def just_cut_off(self, site: str = "liege") -> Iterator[None]:
        """The link is cut in this moment, and nobody has noticed."""
        satellite = self.satellites[site]
        assert self.hears_mains(site), "it has heard mains since the last cut"
        self.network.cut_link(site)
        try:
            yield
            assert comes_true(lambda: self._is_alone(satellite), SILENCE_S)
        finally:
            self.network.heal_link(site)

    def hears_mains(self, site: str = "liege") -> bool:
        """Whether a branch hears mains again, now or soon, when a link was cut before."""
        return comes_true(lambda: not self._is_alone(self.satellites[site]), SILENCE_S)

    def _is_alone(self, satellite: Machine) -> bool:
        return "no main answers since" in self.follower(satellite)

    def knows(self, machine: Machine, extension: str) -> bool:
        """Whether a machine knows any phone of somebody."""
        try:
            return bool(bound(machine.paths.kamailio_rpc, f"{extension}@{DOMAIN}"))
        except RpcFailed:
            return False

    def is_known(self, machine: Machine, agent: RawAgent) -> bool:
        """Whether a machine knows this phone."""
        try:
            found = bound(machine.paths.kamailio_rpc, f"{agent.user}@{DOMAIN}")
        except RpcFailed:
            return False
        return agent.contact in [one.contact for one in found]

    def follower(self, machine: Machine) -> str:
        """What `status` says of a machine's follower."""
        rows = machine.asks("--json", "status").row["components"]
        return str(next(row["problem"] for row in rows if row["name"] == "follower"))

    def listed(self, site: str = "liege") -> dict[str, Any]:
        """What the main says of a satellite."""
        rows: list[dict[str, Any]] = self.mains[0].does("--json", "satellite", "list").row
        return next(row for row in rows if row["name"] == site)


def _unregisters(agent: RawAgent) -> None:
    """As a phone that is switched off, if somebody hears it."""
    with suppress(TimeoutError, OSError):
        agent.register(expires=0)
