"""People with phones at the nodes of the lab, for drills: who talks, who is registered."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from tests.lab.cluster import DOMAIN, PHONES, Machine
from tests.lab.known import comes_true, name
from tests.lab.network import Network
from tests.phones.call import Call
from tests.phones.phone import Phone
from tests.phones.raw import RawAgent
from tests.phones.settings import Transport

from carillon.stores.ports import StoreDown
from carillon.supervision.registered import registered


@dataclass(frozen=True)
class Talk:
    """A call of two real phones."""

    caller: Phone
    callee: Phone
    at_caller: Call
    at_callee: Call

    def goes_on(self) -> None:
        """Both hear each other; fails when they don't."""
        self.at_caller.hears(self.callee.tone)
        self.at_callee.hears(self.caller.tone)

    def ends(self) -> None:
        """One hangs up, and the other one gets it."""
        assert self.at_caller.hangup().code == 200
        assert self.at_callee.wait_ended().code == 200


class Staff:
    """Whoever is hired has one device, named as the extension; all phones are gone at the end."""

    digest = "SHA-256"
    """By which hand-made agents say who they are."""

    def __init__(self, network: Network, nodes: Sequence[Machine], phones: ExitStack) -> None:
        self.nodes, self._network, self._phones = nodes, network, phones
        self._hosts, self._passwords = itertools.cycle(PHONES), dict[str, str]()

    @classmethod
    @contextmanager
    def of(cls, network: Network, nodes: Sequence[Machine], *extensions: str) -> Iterator[Staff]:
        """These people, known on all these nodes."""
        with ExitStack() as phones:
            staff = cls(network, nodes, phones)
            for extension in extensions:
                staff.hires(extension, nodes[0])
            nodes[0].does("user", "set", extensions[-1], "--name", "Last")  # changes arrive in order: devices, too
            assert comes_true(lambda: all(name(each, extensions[-1]) == "Last" for each in nodes))
            yield staff

    def hires(self, extension: str, at: Machine) -> None:
        """A person and his device, by commands on this node."""
        at.does("user", "add", extension, "--name", f"Nr. {extension}")
        added = at.does("--json", "device", "add", extension, "--user", extension).row
        self._passwords[extension] = str(added["password"])

    def registered(self, extension: str, at: Machine) -> RawAgent:
        """A hand-made agent, registered at this node for an hour and known on all."""
        agent = self.registers(extension, at)
        assert comes_true(lambda: all(agent.contact in contacts(each) for each in self.nodes))
        return agent

    def registers(self, extension: str, at: Machine, expires: int = 3600) -> RawAgent:
        """The same while another node is away, or for so many seconds."""
        agent = self.agent(extension, at)
        assert agent.register(expires=expires).code == 200
        return agent

    def agent(self, extension: str, at: Machine, transport: Transport = "udp", host: str = "") -> RawAgent:
        """One that isn't registered, on any of the hosts for phones or on this one."""
        own = {
            "password": self._passwords[extension],
            "transport": transport,
            "algorithm": self.digest,
            **self._place(at, transport, host),
        }
        return self._phones.enter_context(RawAgent(extension, DOMAIN, **own))

    def by_dns(self, extension: str, **more: Any) -> dict[str, Any]:
        """What a phone is told that finds its node by its domain."""
        own = self._place(self.nodes[0]) | {"proxy": None}
        return {"user": extension, "password": self._passwords[extension], "domain": DOMAIN, **own, **more}

    def talk(self, caller: str, callee: str, at: Machine) -> Talk:
        """Two people register real phones at this node, and talk."""
        phones = [self._phone(each, at) for each in (caller, callee)]
        at_caller = phones[0].dial(callee)
        at_callee = phones[1].incoming()
        at_callee.answer()
        at_caller.wait_answered()
        talk = Talk(phones[0], phones[1], at_caller, at_callee)
        talk.goes_on()
        return talk

    def _phone(self, extension: str, at: Machine) -> Phone:
        identity = (f"Nr. {extension}", extension, self._passwords[extension], DOMAIN)
        phone = self._phones.enter_context(Phone(*identity, auth_user=extension, **self._place(at)))
        phone.register()
        return phone

    def _place(self, at: Machine, transport: Transport = "udp", host: str = "") -> dict[str, Any]:
        network, host = self._network, host or next(self._hosts)
        own = {"namespace": network.namespace(host), "address": network.address(host)}
        return {"proxy": f"{at.address}:{5061 if transport == 'tls' else 5060}", **own}


def contacts(machine: Machine) -> set[str]:
    """Where all phones are that a node knows; none while it does not answer."""
    try:
        return {each.contact for each in registered(machine.paths)}
    except StoreDown:
        return set()


def people(machine: Machine) -> set[str]:
    """The extensions that a command lists there."""
    return {row["extension"] for row in machine.does("--json", "user", "list").row}
