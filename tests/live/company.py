"""A domain of its own with a few people, for tests in which the SIP itself is the point."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from tests.phones.message import Message, uri_of
from tests.phones.phone import Phone
from tests.phones.raw import RawAgent
from tests.phones.settings import Transport
from tests.worlds.building import ADDRESS, Building
from tests.worlds.tracing import now

from carillon.provisioning.forwardings import RowTyped

SIP_PORT, TLS_PORT = 5060, 5061
PEOPLE = {"101": "Alice Martin", "102": "Bob Dupont", "103": "Carol Peeters"}


class Company:
    """Alice (101), Bob (102) and Carol (103), each with a device named as the extension; no phone is on yet."""

    def __init__(self, building: Building, open_phones: ExitStack) -> None:
        self.building, self._open = building, open_phones
        self.domain = building.new_domain()
        self._hosts = itertools.cycle(host for host in building.network.addresses if host.startswith("phone"))
        self._began = now()
        for extension, name in PEOPLE.items():
            building.hires(self.domain, extension, name)
            self.gives_device(extension, extension)

    def neighbour(self) -> Company:
        """Another company on the same system."""
        return Company(self.building, self._open)

    def gives_device(self, extension: str, device: str) -> None:
        """One more device for a person; `password_of` says its password."""
        self.building.gives_phone(self.domain, extension, device, password_of(device))

    def forwards(self, extension: str, cause: str, target: str, **settings: Any) -> None:
        """A row at the end of somebody's forwarding table."""
        self.building.forwards(self.domain, extension, RowTyped(cause, (target,), **settings))

    def raw(
        self, extension: str, *, device: str | None = None, transport: Transport = "udp", host: str = "", **more: Any
    ) -> RawAgent:
        """A hand-made agent that knows its password and has not said anything yet."""
        host = host or next(self._hosts)
        password = more.pop("password", password_of(device or extension))
        more = {"domain": self.domain, "proxy": _proxy(transport), **self.place(host), **more}
        agent = RawAgent(extension, auth_user=device, transport=transport, password=password, **more)
        return self._open.enter_context(agent)

    def phone(
        self, extension: str, *, device: str | None = None, transport: Transport = "udp", host: str = "", **more: Any
    ) -> Phone:
        """A registered phone."""
        host = host or next(self._hosts)
        name = device or extension
        identity = (PEOPLE.get(extension, name), extension, password_of(name), self.domain)
        settings = {"proxy": _proxy(transport), "transport": transport, **self.place(host), **more}
        phone = self._open.enter_context(Phone(*identity, auth_user=name, **settings))
        phone.register()
        return phone

    def registered(self, extension: str, **more: Any) -> RawAgent:
        """A hand-made agent that has registered for an hour."""
        agent = self.raw(extension, **more)
        response = agent.register(expires=3600)
        assert response.code == 200, response.text
        return agent

    def uri(self, user: str) -> str:
        """The SIP address of a number here."""
        return f"sip:{user}@{self.domain}"

    def place(self, host: str) -> dict[str, str]:
        """Where a phone on this host stands."""
        network = self.building.network
        return {"namespace": network.namespace(host), "address": network.address(host)}

    def pid(self, component: str) -> int:
        """The process of a component."""
        return int(self.component(component)["pid"])

    def component(self, name: str) -> dict[str, Any]:
        """What `carillon status` says of a component."""
        components = self.building.status()["components"]
        return dict(next(each for each in components if each["name"] == name))

    def ladder(self) -> str:
        """What the workers decided since this company was founded."""
        return self.building.listener.ladder(self._began)


def password_of(device: str) -> str:
    """The password that the tests give a device."""
    return f"secret-of-{device}"


def registers(agent: RawAgent, contacts: Sequence[str] = (), expires: int | None = None, **fields: str) -> Message:
    """Send a REGISTER with these whole Contact values (none: ask only), with credentials; give the final answer."""
    headers = [("Contact", contact) for contact in contacts]
    headers += [("Expires", str(expires))] if expires is not None else []
    own = {"to": f"<sip:{agent.user}@{agent.domain}>", "contact": ""}
    request = agent.request("REGISTER", f"sip:{agent.domain}", headers=headers, **{**own, **fields})
    return agent.authenticated(request)


def bindings(response: Message) -> dict[str, int]:
    """The contacts in the answer to a REGISTER, with the seconds that each has left."""
    values = [value for line in response.headers("Contact") for value in re.split(r",\s*(?=<)", line)]
    return {uri_of(value): int(re.findall(r";\s*expires=(\d+)", value)[0]) for value in values}


def _proxy(transport: Transport) -> str:
    return f"{ADDRESS}:{TLS_PORT if transport == 'tls' else SIP_PORT}"
