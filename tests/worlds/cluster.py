"""Two nodes of one system, each in a network namespace of its own, and phones that register at either."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from tests.lab import commandline
from tests.lab.network import Network
from tests.lab.prefix import BUILDING
from tests.live.company import PEOPLE, password_of
from tests.phones.phone import Phone
from tests.phones.raw import RawAgent
from tests.phones.settings import Transport
from tests.worlds.tracing import Listener

from carillon.confgen.tls.authority import ensure_authority, issue, keep
from carillon.explain.nodes import calls_at
from carillon.provisioning import devices, domains, groups, users
from carillon.provisioning.system import load_node, load_nodes, open_truth
from carillon.routing.elsewhere import HERE
from carillon.siblings import states
from carillon.stores.registrationjournal import Binding
from carillon.stores.sql.engine import writing
from carillon.stores.sql.tables import node
from carillon.supervision.bound import bound
from carillon.supervision.rpc import RpcFailed, call
from carillon.system.paths import SystemPaths

DOMAIN, WHO = "carillon.test", "the tests"
ONE, TWO = "node1", "node2"
ADDRESSES = {ONE: "10.77.0.1", TWO: "10.77.0.2"}
PHONES = {f"phone{n}": f"10.77.0.{n + 10}" for n in range(1, 5)}
STRANGER = {"away1": "10.77.0.41"}
PATIENCE_S = 30.0
COMMAND_S = 300.0


class Cluster:
    """Alice (101), Bob (102) and Carol (103), each with a device named as the extension, on a system of two nodes.

    They may pick each other up.
    """

    def __init__(self, network: Network, directories: dict[str, Path]) -> None:
        self.network, self.directories = network, directories
        self.paths = {name: SystemPaths.of(directory) for name, directory in directories.items()}
        self.listeners = {name: Listener(paths) for name, paths in self.paths.items()}
        self._phones, self._hosts = ExitStack(), itertools.cycle(PHONES)

    @classmethod
    @contextmanager
    def open(cls, directory: Path) -> Iterator[Cluster]:
        """Make the network and both nodes, start them, and leave nothing behind."""
        with Network.build(f"n{BUILDING}", {**ADDRESSES, **PHONES, **STRANGER}) as network:
            cluster = cls(network, found(network, directory))
            try:
                for name in ADDRESSES:
                    cluster.starts(name)
                cluster.sees_up(ONE, TWO)
                yield cluster
            finally:
                cluster.leaves_phones()
                for name in ADDRESSES:
                    cluster.says(name, "down")
                    shutil.rmtree(cluster.paths[name].voicemail.parent, ignore_errors=True)

    def says(self, name: str, *words: str) -> str:
        """What a command says on a node."""
        return carillon(self.network, name, "--dir", str(self.directories[name]), *words)

    def starts(self, name: str) -> None:
        """Start a node; on a busy machine its Asterisk may take longer than `up` waits."""
        try:
            self.says(name, "up")
        except AssertionError:
            until(lambda: self.is_healthy(name), f"{name} is healthy", 180)

    def raw(self, extension: str, at: str, *, transport: Transport = "udp", **more: Any) -> RawAgent:
        """A hand-made agent that speaks to this node, and has not said anything yet."""
        host = more.pop("host", "") or next(self._hosts)
        own = {"domain": DOMAIN, "proxy": self.proxy(at, transport), "password": password_of(extension)}
        settings: dict[str, Any] = {**own, **self.place(host), **more}
        agent = RawAgent(extension, auth_user=extension, transport=transport, **settings)
        return self._phones.enter_context(agent)

    def registered(self, extension: str, at: str, **more: Any) -> RawAgent:
        """The same, registered for an hour and known on both nodes."""
        agent = self.raw(extension, at, **more)
        response = agent.register(expires=3600)
        assert response.code == 200, response.text
        self.knows(self.other(at), extension, agent.contact)
        return agent

    def phone(
        self, extension: str, at: str, *, transport: Transport = "udp", alone: bool = False, **more: Any
    ) -> Phone:
        """A real phone, registered and known on both nodes, or on the one that is `alone`."""
        identity = (PEOPLE[extension], extension, password_of(extension), DOMAIN)
        settings = {"proxy": self.proxy(at, transport), "transport": transport, **self.place(next(self._hosts)), **more}
        phone = self._phones.enter_context(Phone(*identity, auth_user=extension, **settings))
        phone.register()
        knows = at if alone else self.other(at)
        until(lambda: self.contacts(knows, extension), f"{knows} knows {extension}")
        return phone

    def leaves_phones(self) -> None:
        """Take all phones away, and what they have registered."""
        self._phones.close()
        for name in ADDRESSES:
            for extension in PEOPLE:
                for contact in self.contacts(name, extension):
                    try:
                        self._forgets(name, f"{extension}@{DOMAIN}", contact)
                    except RpcFailed:
                        continue
        until(lambda: not self._anybody(), "both nodes have forgotten all phones")

    def _anybody(self) -> bool:
        """Whether a node knows a phone: one that is told late that it is gone restores its copy for a moment."""
        return any(self.contacts(name, extension) for name in ADDRESSES for extension in PEOPLE)

    def _forgets(self, name: str, aor: str, contact: str) -> None:
        call(self.paths[name].kamailio_rpc, "ul.rm_contact", "location", aor, contact)

    def contacts(self, name: str, extension: str) -> dict[str, Binding]:
        """What a node knows of somebody's phones, by contact; nothing while it does not answer."""
        try:
            found = bound(self.paths[name].kamailio_rpc, f"{extension}@{DOMAIN}")
        except RpcFailed:
            return {}
        return {one.contact: one for one in found if one.expires > time.time()}

    def knows(self, name: str, extension: str, contact: str) -> Binding:
        """Wait until a node knows a contact of somebody."""
        until(lambda: contact in self.contacts(name, extension), f"{name} knows {contact} of {extension}")
        return self.contacts(name, extension)[contact]

    def calls(self, name: str) -> list[tuple[str, str]]:
        """Who calls whom in the Asterisk of a node, by extension."""
        rows = json.loads(self.says(name, "call", "list", "--json"))
        return sorted((row["from"], row["to"]) for row in rows if row["node"] == name)

    def ends_calls(self) -> None:
        """Hang up whatever a test that failed has left."""
        for row in json.loads(self.says(ONE, "call", "list", "--json")):
            self.says(ONE, "call", "hangup", row["id"])

    def knows_calls(self, name: str, extension: str, *nodes: str) -> None:
        """Wait until a node knows at which nodes somebody has calls."""
        told = tuple(sorted(HERE if node == name else node for node in nodes))
        until(lambda: self._calls_at(name, extension) == told, f"{name} knows that {extension} has calls at {nodes}")

    def _calls_at(self, name: str, extension: str) -> tuple[str, ...]:
        return calls_at(self.paths[name], [f"{extension}@{DOMAIN}"]).get(f"{extension}@{DOMAIN}", ())

    def home(self, name: str, extension: str, contact: str) -> str:
        """Which node is home to a phone, as a node sees it."""
        received = self.knows(name, extension, contact).received
        return next((each for each, at in ADDRESSES.items() if f"sip:{at}:5069;" in received), name)

    def sees_up(self, name: str, other: str, *, up: bool = True) -> None:
        """Wait until a node knows that the other is up, or down."""
        wanted = "up" if up else "down"
        until(lambda: self._state(name, other) == wanted, f"{name} sees {other} {wanted}")

    def pid(self, name: str, component: str) -> int:
        """The process of a component."""
        return int(next(each["pid"] for each in self.components(name) if each["name"] == component))

    def is_healthy(self, name: str) -> bool:
        """Whether all components of a node are well."""
        return all(one["healthy"] for one in self.components(name))

    def components(self, name: str) -> list[dict[str, Any]]:
        """What `carillon status` says of each; it fails while one is not well."""
        asked = "--dir", str(self.directories[name]), "status", "--json"
        done = commandline.run(*asked, namespace=self.network.namespace(name))
        return list(done.row["components"])

    def kills(self, name: str, component: str) -> None:
        """kill -9 of a component; it is healthy again after this."""
        pid = self.pid(name, component)
        os.kill(pid, signal.SIGKILL)
        self.awaits_restart(name, component, pid)

    def awaits_restart(self, name: str, component: str, old_pid: int) -> None:
        """Wait until a component that died is healthy again, as another process."""

        def is_back() -> bool:
            now = next(each for each in self.components(name) if each["name"] == component)
            return bool(now["healthy"]) and now["pid"] not in (None, old_pid)

        until(is_back, f"{component} of {name} is back", 30)

    def ladder(self, name: str, since: float) -> str:
        """What the workers of a node decided."""
        return self.listeners[name].ladder(since)

    @staticmethod
    def other(name: str) -> str:
        """The other node."""
        return TWO if name == ONE else ONE

    @staticmethod
    def uri(extension: str) -> str:
        """The address of somebody."""
        return f"sip:{extension}@{DOMAIN}"

    def proxy(self, at: str, transport: Transport = "udp") -> str:
        """Where phones reach a node."""
        return f"{ADDRESSES[at]}:{5061 if transport == 'tls' else 5060}"

    def place(self, host: str) -> dict[str, str]:
        """Where a phone on this host stands."""
        return {"namespace": self.network.namespace(host), "address": self.network.address(host)}

    def _state(self, name: str, other: str) -> str:
        known = {one.name: one for one in states.read(self.paths[name].sibling_states)}
        try:
            told = call(self.paths[name].kamailio_rpc, "htable.get", "siblings", other)["item"]["value"]
        except RpcFailed:
            return ""
        return str(told) if other in known and known[other].up == (told == "up") else ""


def found(network: Network, directory: Path) -> dict[str, Path]:
    """Make the directories of both nodes, which share all that a system has."""
    one, two = directory / "one", directory / "two"
    carillon(network, ONE, "create", str(one), "--domain", DOMAIN, "--address", ADDRESSES[ONE])
    truth = open_truth(SystemPaths.of(one))
    first = load_node(SystemPaths.of(one))
    with writing(truth) as connection:
        connection.execute(insert(node).values(**asdict(replace(first, name=TWO, address=ADDRESSES[TWO]))))
    if DOMAIN not in [view.domain.name for view in domains.listing(truth)]:
        domains.add(truth, WHO, DOMAIN)
    for extension, name in PEOPLE.items():
        users.add(truth, WHO, f"{extension}@{DOMAIN}", name)
        devices.add(truth, WHO, f"{extension}@{DOMAIN}", f"{extension}@{DOMAIN}", password_of(extension))
    groups.add(truth, WHO, f"sales@{DOMAIN}", list(PEOPLE))
    truth.dispose()
    ensure_authority(one / "cluster")
    (one / "trusted").write_text("10.77.0.0/27\n")
    shutil.copytree(one, two)
    for name, where in ((ONE, one), (TWO, two)):
        (where / "node").write_text(f"{name}\n")
        keep(where / "cluster", issue(one / "cluster", load_nodes(SystemPaths.of(where))[0]))
    return {ONE: one, TWO: two}


def carillon(network: Network, host: str, *arguments: str) -> str:
    """What a command of the product prints, run on a host; raises with its words when it fails."""
    return commandline.run(*arguments, namespace=network.namespace(host), patience_s=COMMAND_S).well().output


def until(is_so: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < deadline, f"not within {patience_s:g} s: {what}"
        time.sleep(0.02)
