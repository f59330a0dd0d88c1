"""Each decision goes out as one message on a local socket: whoever listens has the trace, and nobody waits for him.

The socket keeps messages apart and holds some 400 kB a worker (SOCK_SEQPACKET); a unix datagram socket would take ten
messages of all workers together. What does not fit is lost and counted.
"""

from __future__ import annotations

import socket
import time
from pathlib import Path

from carillon.routing.decision import (
    Cancel,
    Challenge,
    Decision,
    Deliver,
    Drop,
    Follow,
    ForkLate,
    Outcome,
    Pass,
    Relay,
    Reply,
    Resume,
    Ring,
    RingNext,
    Save,
    Submit,
    Trunk,
)
from carillon.routing.memo import Memo
from carillon.routing.request import Request
from carillon.sip.private import PrivateHeader
from carillon.stores.tracewire import LOST, STORE_DOWN, pack

RETRY_S = 1.0
ROOM_BYTES = 1 << 20
"""Asked of the kernel for each worker's rows; it gives what net.core.wmem_max allows, usually 400 kB."""


class Tracer:
    """Sends to a unix socket, never blocking; without a listener it tries again each second, and does no work."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._socket: socket.socket | None = None
        self._quiet_until = 0.0
        self._lost = 0

    def request(self, route: str, request: Request, decision: Decision) -> None:
        """A request route's decision."""
        if not self._heard():
            return
        leg = decision.memo.leg_id if decision.memo else request.private.get(PrivateHeader.LEG, "")
        sender, called = request.from_uri, request.target
        head = (
            repr(time.time()),
            route,
            request.call_id,
            leg,
            f"{request.source_address}:{request.source_port}",
            request.source,
            request.method,
            f"{sender.user}@{sender.host}",
            f"{called.user}@{called.host}",
            *outcome_words(decision.outcome),
        )
        self._send(pack(head, decision.trace))

    def reply(self, memo: Memo, code: int, decision: Decision, address: str = "") -> None:
        """A reply route's decision. `address` is who replied."""
        if self._heard():
            head = (repr(time.time()), f"{memo.leg} reply", "", memo.leg_id, address, "", str(code), "", memo.called)
            self._send(pack((*head, *outcome_words(decision.outcome)), decision.trace))

    def branch(self, memo: Memo, decision: Decision) -> None:
        """A branch route's decision."""
        if self._heard():
            head = (repr(time.time()), f"{memo.leg} branch", "", memo.leg_id, "", "", "", "", memo.called)
            self._send(pack((*head, *outcome_words(decision.outcome)), decision.trace))

    def failure(self, memo: Memo, decision: Decision) -> None:
        """A failure route's decision."""
        if self._heard():
            head = (repr(time.time()), f"{memo.leg} failure", "", memo.leg_id, "", "", "", "", memo.called)
            self._send(pack((*head, *outcome_words(decision.outcome)), decision.trace))

    def row(self, line: str) -> None:
        """A row that is packed already, see `tracewire`."""
        if self._heard():
            self._send(line)

    def store_down(self, store: str) -> None:
        """A store did not answer in time."""
        if self._heard():
            self._send(pack((repr(time.time()), STORE_DOWN, "", "", "", "", store, "", "", "", ""), ()))

    def close(self) -> None:
        """Let the listener go; the next row connects again."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _heard(self) -> bool:
        """Whether it is worth making a row."""
        if time.monotonic() >= self._quiet_until:
            return True
        self._lost += 1
        return False

    def _send(self, line: str) -> None:
        if self._socket is not None:
            if self._sent(line):
                return
            self.close()  # its listener was started anew, perhaps: who listens now is asked at once
        if not self._sent(line):
            self._forget()

    def _sent(self, line: str) -> bool:
        """Whether there is a listener; what he has no room for is lost and counted."""
        try:
            listener = self._socket or self._connect()
            if self._lost:
                self._tell_lost(listener)
            listener.send(line.encode("utf-8", "replace"), socket.MSG_NOSIGNAL)
        except BlockingIOError:
            self._lost += 1
        except OSError:
            return False
        return True

    def _connect(self) -> socket.socket:
        """Raises OSError."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ROOM_BYTES)
        self._socket.connect(self._path)
        return self._socket

    def _tell_lost(self, listener: socket.socket) -> None:
        """Raises OSError."""
        head = (repr(time.time()), LOST, "", "", "", "", str(self._lost), "", "", "", "")
        listener.send(pack(head, ()).encode(), socket.MSG_NOSIGNAL)
        self._lost = 0

    def _forget(self) -> None:
        self.close()
        self._lost += 1
        self._quiet_until = time.monotonic() + RETRY_S


def outcome_words(outcome: Outcome) -> tuple[str, str]:  # noqa: PLR0911 -- one row for each outcome
    """Its name, and what a reader wants to know of it."""
    match outcome:  # the most frequent first
        case Pass() | Follow() | Drop():
            return type(outcome).__name__, ""
        case Challenge():
            return "Challenge", str(outcome.code)
        case Relay():
            return "Relay", f"{outcome.called} by {outcome.gateway}"
        case Ring() | RingNext() | Save():
            return type(outcome).__name__, outcome.aor
        case Deliver():
            return "Deliver", outcome.aor
        case Cancel():
            places = " ".join(place.target or place.uri for place in outcome.places)
            return "Cancel", outcome.aor or places or f"by {outcome.gateway}"
        case Submit():
            return "Submit", f"{outcome.aor} by {outcome.server}"
        case Trunk():
            place = f" at {outcome.target}" if outcome.target else ""
            return "Trunk", f"{outcome.name}, {outcome.uri}{place}"
        case Reply():
            return "Reply", f"{outcome.code} {outcome.reason}"
        case ForkLate(fork):
            return "ForkLate", f"{fork.dialog.aor} for {fork.dialog.call_id}"
        case Resume():
            return "Resume", "Asterisk dials again"
        case _:
            return type(outcome).__name__, ""
