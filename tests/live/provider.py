"""A provider of telephone lines: it answers OPTIONS, INVITE and REGISTER with the codes of the day, by itself."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from tests.phones.message import Message
from tests.phones.raw import RawAgent
from tests.phones.settings import Transport
from tests.worlds.building import ADDRESS, PORT, PROVIDERS, Building


@dataclass
class Provider:
    """One place of a provider. A code that is None is silence; each request is noted once, however often it is sent."""

    agent: RawAgent
    options: int | None = 200
    invite: int | None = 486
    invites: list[Message] = field(default_factory=list)
    registers: list[Message] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)
    _ends: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @classmethod
    def at(cls, building: Building, host: str, transport: Transport = "udp", domain: str = "provider.test") -> Provider:
        """A provider on a host of the lab."""
        where = {"namespace": building.network.namespace(host), "address": PROVIDERS[host], "port": PORT}
        return cls(RawAgent("+32475123456", domain, proxy=f"{ADDRESS}:{PORT}", transport=transport, **where))

    def close(self) -> None:
        """Stop answering, and let the address go."""
        self._ends.set()
        self._thread.join()
        self.agent.close()

    def _serve(self) -> None:
        while not self._ends.is_set():
            try:
                self._answer(self.agent.receive(0.2))
            except TimeoutError:
                continue

    def _answer(self, request: Message) -> None:
        if request.code is not None:
            return  # what came of a call that this address made before, sent again
        match request.method:
            case "OPTIONS" if self.options:
                self.agent.respond(request, self.options)
            case "INVITE":
                if self._is_new(request):
                    self.invites.append(request)
                if self.invite:
                    self.agent.respond(request, self.invite)
            case "REGISTER" if self.options:
                if self._is_new(request):
                    self.registers.append(request)
                contact = f"{request.header('Contact')};expires=300"
                self.agent.respond(request, 200, headers=[("Contact", contact)])

    def _is_new(self, request: Message) -> bool:
        """Whether it comes for the first time: who waits half a second sends it again (RFC 3261 §17.1.1.2)."""
        branch = request.header("Via") or ""
        is_new = branch not in self._known
        self._known.add(branch)
        return is_new
