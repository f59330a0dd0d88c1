"""The live office's building: one real system in a network namespace, phones on addresses of their own."""

from __future__ import annotations

import itertools
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from xmlrpc.client import ServerProxy

import redis
from supervisor.xmlrpc import SupervisorTransport
from tests.lab import commandline
from tests.lab.network import Network
from tests.lab.prefix import BUILDING
from tests.lab.sockets import inside
from tests.worlds.tracing import Listener

from carillon.confgen import rtpengine
from carillon.confgen.collector import metrics_port
from carillon.model.device import Device
from carillon.model.group import Ring
from carillon.model.pickup import PickupBy
from carillon.model.priority import PriorityRule
from carillon.model.refused import Refused
from carillon.model.rights import NumberClass, ordered
from carillon.model.trunk import Transport
from carillon.provisioning import (
    bookentries,
    books,
    calendars,
    callerlists,
    devices,
    domains,
    forwardings,
    groups,
    mailservers,
    numbers,
    outbounds,
    presences,
    priorities,
    rings,
    schedules,
    sites,
    trunks,
    users,
    voicemails,
)
from carillon.provisioning.system import load_node, open_truth, put_in_force
from carillon.provisioning.trunkkey import TrunkKey
from carillon.provisioning.trunks import TrunkFields
from carillon.stores import keys
from carillon.supervision.leftovers import recorded_group
from carillon.supervision.rpc import RpcFailed, call
from carillon.system.paths import SystemPaths
from carillon.system.relay import sessions
from carillon.trunks.addresses import TABLE

COMMAND = Path(__file__).parents[2] / "bin" / "carillon"
NODE, ADDRESS, PORT = "node", "10.77.0.1", 5060
PHONES = {f"phone{n}": f"10.77.0.{n + 10}" for n in range(1, 6)}
PROVIDERS = {f"prov{n}": f"10.77.0.{n + 20}" for n in range(1, 3)}
FOREIGN = {f"away{n}": f"10.77.0.{n + 40}" for n in range(1, 5)}
NAMES = "away4"
"""Where the node asks for names; whoever wants an answer there runs a name server."""
TRUSTED = "10.77.0.0/27"
"""The phones and providers, but not who is away."""
WHO = "the tests"
PATIENCE_S = 240
"""A busy machine takes its time; the commands say themselves when something is wrong."""


class Building:
    """A running system. Each office in it gets a domain of its own, so that scenarios cannot meet."""

    def __init__(self, network: Network, directory: Path) -> None:
        self.network, self.directory = network, directory
        self.paths = SystemPaths.of(directory)
        self.truth = open_truth(self.paths)
        self.listener = Listener(self.paths)
        self._serial = itertools.count(1)

    @classmethod
    @contextmanager
    def open(cls, directory: Path) -> Iterator[Building]:
        """Make the network and the system, start it, and leave nothing behind."""
        hosts = {NODE: ADDRESS, **PHONES, **PROVIDERS, **FOREIGN}
        with Network.build(BUILDING, hosts) as network, network.resolving(NODE, FOREIGN[NAMES]):
            carillon(network, "create", str(directory), "--domain", "carillon.test", "--address", ADDRESS)
            (directory / "trusted").write_text(f"{TRUSTED}  # tests guess a lot from the phones' places\n")
            with network.run(NODE, [str(COMMAND), "--dir", str(directory), "up"]) as process:
                assert process.wait(PATIENCE_S) == 0, "carillon up has failed"
            building = cls(network, directory)
            try:
                yield building
            finally:
                carillon(network, "--dir", str(directory), "down")
                shutil.rmtree(building.paths.voicemail.parent, ignore_errors=True)

    def new_domain(self) -> str:
        """A domain for one scenario."""
        name = f"t{next(self._serial)}.carillon.test"
        self.adds_domain(name)
        return name

    def adds_domain(self, name: str) -> None:
        """A further domain, in force at once."""
        domains.add(self.truth, WHO, name)

    def domains(self) -> list[str]:
        """All domains."""
        return [view.domain.name for view in domains.listing(self.truth)]

    def hires(self, domain: str, extension: str, name: str) -> None:
        """A person without a phone."""
        users.add(self.truth, WHO, f"{extension}@{domain}", name)

    def gives_phone(
        self, domain: str, extension: str, device: str, password: str, *, priority: float | None = None
    ) -> Device:
        """A device of a person, in force at once."""
        name, owner = f"{device}@{domain}", f"{extension}@{domain}"
        devices.add(self.truth, WHO, name, owner, password, priority=priority)
        put_in_force(self.paths)
        return devices.show(self.truth, f"{device}@{domain}")

    def encrypts(self, domain: str, device: str) -> None:
        """From its next registration on, a device is offered encrypted sound only."""
        devices.set(self.truth, WHO, f"{device}@{domain}", encryption=True)
        put_in_force(self.paths)

    def relayed(self) -> list[str]:
        """The sessions that the media relay carries now."""
        with inside(self.network.namespace(NODE)):
            return sessions(rtpengine.control(load_node(self.paths)))

    def metric(self, name: str) -> float:
        """One of the figures for Prometheus."""
        node = load_node(self.paths)
        with inside(self.network.namespace(NODE)):
            connection = HTTPConnection(node.gateway_address, metrics_port(node), timeout=5)
            connection.connect()
        with closing(connection):
            connection.request("GET", "/metrics")
            lines = connection.getresponse().read().decode().splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))

    def groups(self, domain: str, name: str, members: list[str]) -> None:
        """A group of these people."""
        groups.add(self.truth, WHO, f"{name}@{domain}", members)
        put_in_force(self.paths)

    def lets_pick_up(self, domain: str, extension: str, of: list[str], by: str) -> None:
        """Whom a person may pick up, and who may pick him up."""
        users.set(self.truth, WHO, f"{extension}@{domain}", pickup=PickupBy(by), pickup_of=of)
        put_in_force(self.paths)

    def numbers(self, domain: str, number: str, extension: str) -> None:
        """A further number of a person."""
        numbers.add(self.truth, WHO, f"{number}@{domain}", f"{extension}@{domain}")
        put_in_force(self.paths)

    def adds_group(self, domain: str, name: str, members: list[str], ring: str = "all", **settings: Any) -> None:
        """A ring group."""
        ringing, whole = groups.Ringing(Ring(ring), **settings), f"{name}@{domain}"
        there = [group.name for group in groups.listing(self.truth, domain)]
        if name in there:
            groups.set(self.truth, WHO, whole, members, ringing=ringing)
        else:
            groups.add(self.truth, WHO, whole, members, ringing)
        put_in_force(self.paths)

    def serves_at(self, domain: str, number: str, target: str) -> None:
        """A number behind which something of ours answers."""
        numbers.add(self.truth, WHO, f"{number}@{domain}", target)
        put_in_force(self.paths)

    def dismisses(self, domain: str, extension: str) -> None:
        """Remove a person."""
        users.remove(self.truth, WHO, f"{extension}@{domain}")
        put_in_force(self.paths)

    def adds_trunk(
        self,
        domain: str,
        name: str,
        address: str,
        position: int,
        user: str | None = None,
        password: str | None = None,
        transport: Transport = Transport.UDP,
        by_name: str = "",
    ) -> None:
        """A trunk for all numbers; returns when calls from its address are known as such.

        One that is given `by_name` alone is known when that address of its is.
        """
        typed = TrunkFields(
            address=address if by_name else f"{address}:{PORT}",
            main_number="+3225550100",
            register_as=user,
            transport=transport,
        )
        trunks.add(self.truth, WHO, TrunkKey.of(self.paths), f"{name}@{domain}", typed, password)
        outbounds.add(self.truth, WHO, "", f"{name}@{domain}", position=position)
        put_in_force(self.paths)
        deadline = time.monotonic() + 10
        while not self._knows_trunk(by_name or address.strip("[]"), f"{domain} {name}"):
            assert time.monotonic() < deadline, f"Kamailio was not told of {name} at {address}"

    def sets_trunk(self, domain: str, name: str, typed: TrunkFields, password: str | None = None) -> None:
        """As `carillon trunk set`, in force at once."""
        trunks.set(self.truth, WHO, TrunkKey.of(self.paths), f"{name}@{domain}", typed, password)
        put_in_force(self.paths)

    def removes_trunk(self, domain: str, name: str) -> None:
        """Take a trunk and its routes away: its address may be another's next."""
        outbounds.remove(self.truth, WHO, "", f"{name}@{domain}")
        trunks.remove(self.truth, WHO, f"{name}@{domain}")
        put_in_force(self.paths)

    def allows(self, domain: str, extension: str, classes: tuple[str, ...]) -> None:
        """Outside calls of these classes, and no others."""
        users.set(self.truth, WHO, f"{extension}@{domain}", rights=ordered(NumberClass(each) for each in classes))
        put_in_force(self.paths)

    def calls_for_help_as(self, domain: str, number: str) -> None:
        """The emergency number of the main site."""
        sites.set(self.truth, WHO, f"main@{domain}", emergency_caller=number)
        put_in_force(self.paths)

    def forwards(self, domain: str, extension: str, row: forwardings.RowTyped) -> None:
        """A row at the end of somebody's forwarding table."""
        forwardings.add(self.truth, WHO, f"{extension}@{domain}", row)
        put_in_force(self.paths)

    def is_in_state(self, domain: str, extension: str, state: str) -> None:
        """What is said of somebody by hand."""
        presences.set(self.truth, WHO, f"{extension}@{domain}", state)
        put_in_force(self.paths)

    def adds_calendar(self, domain: str, extension: str, location: str) -> None:
        """The calendar `work` of somebody."""
        typed, key = calendars.Typed(location), TrunkKey.of(self.paths)
        calendars.add(self.truth, WHO, f"{extension}@{domain}", "work", typed, key)
        put_in_force(self.paths)

    def calendar(self, domain: str, extension: str) -> dict[str, Any]:
        """What `carillon calendar show` says of it."""
        return dict(json.loads(self._says("calendar", "show", f"{extension}@{domain}", "work", "--json")))

    def explains_presence(self, domain: str, extension: str) -> dict[str, Any]:
        """What `carillon presence explain` says."""
        return dict(json.loads(self._says("presence", "explain", f"{extension}@{domain}", "--json")))

    def knows(self, domain: str, number: str, name: str, owner: str | None) -> None:
        """An entry in the only shared book, or in the only one of a person."""
        book, whose = f"book@{domain}", f"{owner}@{domain}" if owner else None
        with suppress(Refused):
            books.add(self.truth, WHO, book, whose)
        bookentries.add(self.truth, WHO, book, whose, name, [number])
        put_in_force(self.paths)

    def asks_outside(self, domain: str, url: str) -> None:
        """The only source of names of a domain."""
        books.add(self.truth, WHO, f"crm@{domain}", None, books.SourceTyped(url))
        put_in_force(self.paths)

    def asks_no_more(self, domain: str) -> None:
        """Take it away again."""
        books.remove(self.truth, WHO, f"crm@{domain}")
        put_in_force(self.paths)

    def carries(self, domain: str, extension: str, mobile: str) -> None:
        """The only mobile of a person."""
        users.set(self.truth, WHO, f"{extension}@{domain}", mobile=[mobile])
        put_in_force(self.paths)

    def first_rings(self, rule: PriorityRule) -> None:
        """When phones ring that send no q."""
        priorities.add(self.truth, WHO, rule)
        put_in_force(self.paths)

    def rings_alike(self, domain: str, extension: str) -> None:
        """The phones of a person are not told with which ring a call rings."""
        users.set(self.truth, WHO, f"{extension}@{domain}", rings=False)
        put_in_force(self.paths)

    def chooses_ring(self, domain: str, origin: str, changes: dict[str, Any]) -> None:
        """How calls of this origin ring in a domain."""
        rings.set(self.truth, WHO, f"{origin}@{domain}", changes)
        put_in_force(self.paths)

    def lists_callers(self, domain: str, name: str, callers: tuple[str, ...]) -> None:
        """A caller list."""
        callerlists.add(self.truth, WHO, f"{name}@{domain}", callers)
        put_in_force(self.paths)

    def adds_schedule(self, domain: str, name: str, hours: str, holidays: tuple[str, ...]) -> None:
        """A schedule."""
        schedules.add(self.truth, WHO, f"{name}@{domain}", (hours,), holidays, "UTC")
        put_in_force(self.paths)

    def limits_user(self, domain: str, extension: str, most: int | None) -> None:
        """At most so many calls at once, in force at once."""
        users.set(self.truth, WHO, f"{extension}@{domain}", most_calls=str(most or "none"))
        put_in_force(self.paths)

    def limits_trunk(self, domain: str, name: str, most: int | None) -> None:
        """At most so many calls at once by a trunk."""
        typed = TrunkFields(most_calls=str(most or "none"))
        trunks.set(self.truth, WHO, TrunkKey.of(self.paths), f"{name}@{domain}", typed)
        put_in_force(self.paths)

    def limits_domain(self, domain: str, most: int | None) -> None:
        """At most so many calls at once of all people together."""
        domains.set(self.truth, WHO, domain, most_calls=str(most or "none"))
        put_in_force(self.paths)

    def limits_group(self, domain: str, name: str, most: int, members: list[str]) -> None:
        """A group with a limit."""
        groups.add(self.truth, WHO, f"{name}@{domain}", [f"{member}@{domain}" for member in members])
        groups.set(self.truth, WHO, f"{name}@{domain}", most_calls=str(most))
        put_in_force(self.paths)

    def tells_of_callback(self, domain: str, *, hint: bool) -> None:
        """Whether busy people's callers are told of call-back."""
        domains.set(self.truth, WHO, domain, callback_hint=hint)
        put_in_force(self.paths)

    def lets_write(self, sender: str, receiver: str) -> None:
        """People of one domain may write to those of another."""
        domains.set(self.truth, WHO, receiver, messages_from=sender)
        put_in_force(self.paths)

    def wants_no_second_call(self, domain: str, extension: str) -> None:
        """No call waiting."""
        users.set(self.truth, WHO, f"{extension}@{domain}", call_waiting=False)
        put_in_force(self.paths)

    def counted(self, name: str) -> int:
        """How many calls count under a limit, such as `user 101@example.org`, as the workers read it."""
        try:
            with self.redis() as store:
                return int(store.zcount(f"{keys.COUNTER}{name}", time.time(), "+inf"))
        except redis.RedisError:
            return -1

    def redis(self) -> closing[redis.Redis]:
        """What the workers share."""
        return closing(redis.Redis(unix_socket_path=str(self.paths.redis_socket)))

    def counts(self, name: str, calls: int, patience_s: float = 20.0) -> None:
        """Wait until so many calls count."""
        deadline = time.monotonic() + patience_s
        while self.counted(name) != calls:
            assert time.monotonic() < deadline, f"{name}: {self.counted(name)} instead of {calls}"
            time.sleep(0.02)

    def _knows_trunk(self, address: str, trunk: str) -> bool:
        try:
            return bool(call(self.paths.kamailio_rpc, "htable.get", TABLE, address)["item"]["value"] == trunk)
        except RpcFailed:
            return False

    def stops(self, component: str) -> None:
        """A component is stopped, and stays so."""
        self._supervisor("stopProcess", component)

    def starts(self, component: str) -> None:
        """A stopped component is started, and awaited."""
        self._supervisor("startProcess", component)
        deadline = time.monotonic() + 30
        while not self.status()["healthy"]:
            assert time.monotonic() < deadline, f"{component} is not healthy again: {self.status()}"

    def awaits_restart(self, component: str, old_pid: int) -> None:
        """Wait until a component that died is healthy again, as another process, and not what is left of it."""
        deadline = time.monotonic() + 30
        while True:
            now = next(each for each in self.status()["components"] if each["name"] == component)
            is_new = now["pid"] not in (None, old_pid) and recorded_group(self.paths.run / component) == now["pid"]
            if now["healthy"] and is_new:
                return
            assert time.monotonic() < deadline, f"{component} is not up again: {now}"

    def status(self) -> dict[str, Any]:
        """What `carillon status` says, asked on the node."""
        return dict(json.loads(carillon(self.network, "--dir", str(self.directory), "status", "--json")))

    def trunk(self, domain: str, name: str) -> dict[str, Any]:
        """What `carillon trunk show` says."""
        return dict(json.loads(self._says("trunk", "show", f"{name}@{domain}", "--json")))

    def voicemail(self, domain: str, extension: str) -> list[dict[str, Any]]:
        """What `carillon voicemail list` says."""
        return list(json.loads(self._says("voicemail", "list", f"{extension}@{domain}", "--json")))

    def logged_by_services(self, domain: str) -> list[str]:
        """What the log of the services says of a domain."""
        return [line for line in (self.paths.logs / "services.log").read_text().splitlines() if f"@{domain}" in line]

    def announces(self, domain: str, name: str, file: Path, *options: str) -> None:
        """As `carillon announcement add`."""
        self._says("announcement", "add", f"{name}@{domain}", str(file), *options)

    def sets_voicemail(self, domain: str, extension: str, **settings: Any) -> None:
        """As `carillon voicemail set`."""
        voicemails.set(self.truth, WHO, f"{extension}@{domain}", **settings)
        put_in_force(self.paths)

    def mails_by(self, server: str) -> None:
        """As `carillon mail set`."""
        mailservers.set(self.truth, WHO, TrunkKey.of(self.paths), server, "phones@example.org")

    def gives_email(self, domain: str, extension: str, email: str) -> None:
        """The e-mail address of somebody."""
        users.set(self.truth, WHO, f"{extension}@{domain}", email=email)
        put_in_force(self.paths)

    def book(self, domain: str, name: str) -> dict[str, Any]:
        """What `carillon book show` says."""
        return dict(json.loads(self._says("book", "show", f"{name}@{domain}", "--json")))

    def limits(self) -> dict[str, tuple[int, int]]:
        """What `carillon limit list` says: calls now, and at most."""
        rows = json.loads(self._says("limit", "list", "--json"))
        return {f"{row['scope']} {row['name']}": (row["calls"], row["most_calls"]) for row in rows}

    def ends_all_calls(self) -> None:
        """Hang up whatever is up, and wait until nothing is: tests in which engines die leave calls behind."""
        deadline = time.monotonic() + 30
        while left := json.loads(self._says("call", "list", "--json")):
            assert time.monotonic() < deadline, f"these calls don't end: {left}"
            for each in left:
                try:
                    self._says("call", "hangup", each["id"])
                except AssertionError:  # it has just ended by itself: the next look says whether it did
                    continue

    def explains(self, domain: str, extension: str, number: str) -> str:
        """What `carillon explain call` says of a call."""
        return self._says("explain", "call", "--from", f"{extension}@{domain}", "--to", number)

    def _says(self, *words: str) -> str:
        return carillon(self.network, "--dir", str(self.directory), *words)

    def _supervisor(self, method: str, component: str) -> None:
        with closing(SupervisorTransport(None, None, serverurl=f"unix://{self.paths.supervisor_socket}")) as transport:
            getattr(ServerProxy("http://127.0.0.1", transport=transport).supervisor, method)(component)


def carillon(network: Network, *arguments: str) -> str:
    """What a command of the product prints, run on the node; raises with its words when it fails."""
    return commandline.run(*arguments, namespace=network.namespace(NODE), patience_s=PATIENCE_S).well().output
