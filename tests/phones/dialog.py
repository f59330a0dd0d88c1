"""The little that a raw agent must remember to speak inside a call: tags, target, routes, CSeq."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.phones.message import Message, uri_of
from tests.phones.raw import RawAgent


@dataclass
class Dialog:
    """One side of a call that was answered."""

    agent: RawAgent
    call_id: str
    local: str  # From of what this side sends
    remote: str  # To of what this side sends
    target: str  # URI of the other side
    routes: list[str]  # URIs, in the order in which they are sent
    cseq: int

    @classmethod
    def called(cls, agent: RawAgent, invite: Message, response: Message) -> Dialog:
        """Begin on the caller's side, with the INVITE as sent and its 2xx."""
        routes = [uri_of(value) for value in reversed(_values(response, "Record-Route"))]
        return cls(agent, *_ids(invite, response), uri_of(response.header("Contact") or ""), routes, invite.cseq[0])

    @classmethod
    def answered(cls, agent: RawAgent, invite: Message, response: Message) -> Dialog:
        """Begin on the called side, with the INVITE as received and the 2xx as sent."""
        routes = [uri_of(value) for value in _values(invite, "Record-Route")]
        call_id, remote, local = _ids(invite, response)
        return cls(agent, call_id, local, remote, uri_of(invite.header("Contact") or ""), routes, 1)

    def request(self, method: str, **more: Any) -> Message:
        """Compose the next request of the dialog; `more` as in `RawAgent.request`, `routes` and `uri` too."""
        if method != "ACK":
            self.cseq += 1
        own = {"call_id": self.call_id, "from_": self.local, "to": self.remote, "cseq": f"{self.cseq} {method}"}
        fields = {"routes": self.routes, **own, **more}
        return self.agent.request(method, fields.pop("uri", self.target), **fields)

    def ack(self) -> None:
        """Acknowledge the 2xx."""
        self.agent.send(self.request("ACK"))

    def bye(self) -> Message:
        """End the call; give the response."""
        return self.agent.exchange(self.request("BYE"))


def _ids(invite: Message, response: Message) -> tuple[str, str, str]:
    return invite.header("Call-ID") or "", invite.header("From") or "", response.header("To") or ""


def _values(message: Message, name: str) -> list[str]:
    """Split a header's lines at the commas between values: routes have none inside."""
    return [value.strip() for line in message.headers(name) for value in line.split(",")]
