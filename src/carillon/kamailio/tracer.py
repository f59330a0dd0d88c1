"""Each decision goes out as a datagram: whoever listens has the trace, and nobody waits for him."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path

from carillon.routing.decision import Decision
from carillon.routing.memo import Memo
from carillon.routing.request import Request

_RETRY_S = 1.0


class Tracer:
    """Sends to a unix datagram socket, never blocking; without a listener it tries again each second."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._socket: socket.socket | None = None
        self._quiet_until = 0.0

    def request(self, route: str, request: Request, decision: Decision) -> None:
        """A request route's decision."""
        if time.monotonic() >= self._quiet_until:
            source = f"{request.source_address}:{request.source_port}"
            self._send(route, request.call_id, f"{request.summary} at {source}", decision)

    def reply(self, memo: Memo, code: int, decision: Decision) -> None:
        """A reply route's decision."""
        if time.monotonic() >= self._quiet_until:
            self._send(f"{memo.leg} reply", memo.leg_id, str(code), decision)

    def failure(self, memo: Memo, decision: Decision) -> None:
        """A failure route's decision."""
        if time.monotonic() >= self._quiet_until:
            self._send(f"{memo.leg} failure", memo.leg_id, "", decision)

    def _send(self, route: str, call: str, message: str, decision: Decision) -> None:
        row = {
            "at": time.time(),
            "route": route,
            "call": call,
            "leg": decision.memo.leg_id if decision.memo else "",
            "message": message,
            "outcome": str(type(decision.outcome).__name__),
            "trace": [(row.rule, row.verdict, row.fact) for row in decision.trace],
        }
        try:
            if self._socket is None:
                self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            self._socket.sendto(json.dumps(row).encode(), self._path)
        except OSError:
            self._quiet_until = time.monotonic() + _RETRY_S
