"""Where satellites ask a main for what has changed: HTTPS, both sides with certificates of the system's authority.

A question is answered when there is something to say, so that news is there at once and a quiet link carries next to
nothing; meanwhile an empty line each two seconds says that we are there.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sqlite3
import ssl
import sys
import time
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import carillon
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.provisioning.lastnodes import LastNodes
from carillon.provisioning.system import follow_truth, load_nodes
from carillon.satellites import certifying, deputy, receiving, secretgiving, share, unheard, wire
from carillon.satellites.board import Board
from carillon.satellites.stream import Writer
from carillon.satellites.wire import BEAT_S, Asked
from carillon.siblings.settings import context_of, name_in
from carillon.stores.directoryfile import SCHEMA, Step
from carillon.stores.sql.engine import Busy, DatabaseAway, reading
from carillon.stores.sql.feed import Position
from carillon.stores.sql.nodestates import NodeStates
from carillon.system.paths import SystemPaths

LOOK_S = 1.0
SEND_S = 30.0
"""Longer than a chunk needs on a slow link."""
LIMIT = 4096
HOLD_S = 30.0
"""A question without news is answered after this, too: who asks says anew how far it is."""
AHEAD_S = 3.0
"""For so long a satellite may be ahead of us; then it is of another history."""


def serve(paths: SystemPaths, board: Board) -> None:
    """Answer satellites for ever, as soon as the system has any; afterwards those that it has no more are told so."""
    while True:
        try:
            if _satellites(paths):
                with Server(paths, load_nodes(paths)[0], board) as server:
                    server.serve_forever(LOOK_S)
        except (OSError, Refused) as failed:
            print(f"satellites: {failed}", file=sys.stderr, flush=True)
        time.sleep(LOOK_S)


def _satellites(paths: SystemPaths) -> list[Node]:
    last = LastNodes.read(paths.last_nodes)
    return [one for one in last.siblings if one.is_satellite] if last else []


class Server(ThreadingHTTPServer):
    """A thread for each satellite that is connected."""

    daemon_threads = True

    def __init__(self, paths: SystemPaths, node: Node, board: Board) -> None:
        self.address_family = socket.AF_INET6 if ":" in node.address else socket.AF_INET
        super().__init__((node.address, node.satellite_port), _Handler)
        self.paths, self.board = paths, board

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In its own thread: the handshake of one keeps nobody waiting."""
        request.settimeout(SEND_S)
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(SEND_S * 1000))
        try:
            context = context_of(self.paths.cluster, server=True)  # of now: certificates are renewed
            with context.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)
        except OSError as error:
            if isinstance(error, ssl.SSLCertVerificationError):
                unheard.note(self.paths.unheard, client_address[0], error)
            print(f"satellites: {client_address[0]}: {error}", file=sys.stderr, flush=True)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    states: NodeStates | None = None

    def do_POST(self) -> None:
        """What has changed, or a wish of somebody at the branch."""
        name = name_in(self.connection.getpeercert())
        try:
            if self.path in (deputy.PATH, receiving.PATH, certifying.PATH, secretgiving.PATH):
                self._does(name)
                return
            asked = self._asked()
            answer = Answer(self.server.paths, self.server.board, name, asked)
        except Refused as refused:
            self._refuses(403, refused)
            return
        except (ValueError, TypeError, KeyError):
            self._refuses(400, Refused("question", "wasn't understood."))
            return
        self.states = self.states or NodeStates(name, asked.version)
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header(wire.CLOCK, f"{time.time():.3f}")
        self.end_headers()
        self._sends(answer)

    def _asked(self) -> Asked:
        if self.path != wire.PATH:
            raise ValueError
        return Asked.read(json.loads(self._body()))

    def _body(self, limit: int = LIMIT) -> bytes:
        length = int(self.headers.get("Content-Length", 0))
        if not 0 < length <= limit:
            raise ValueError
        return self.rfile.read(length)

    def _does(self, name: str) -> None:
        """Raises `Refused` when this is no satellite of ours."""
        body = self._body(receiving.LIMIT)  # first of all: what is left unread ends the connection before an answer
        satellite = require_satellite(name, load_nodes(self.server.paths)[1])
        if self.path == certifying.PATH:
            self._answers(200, certifying.certified(self.server.paths, satellite, json.loads(body)))
        elif self.path == secretgiving.PATH:
            self._answers(200, secretgiving.given(self.server.paths, self.server.board.position))
        elif self.path == deputy.PATH:
            self._answers(200, deputy.done(self.server.paths, satellite, list(json.loads(body))))
        else:
            self._answers(200, receiving.received(self.server.paths, satellite, json.loads(body)))

    def _sends(self, answer: Answer) -> None:
        """An answer that can't be ended breaks off: the satellite takes nothing of it."""
        writer = Writer(self.wfile)
        try:
            for line in answer.lines():
                if line:
                    writer.line(line)
                    continue
                writer.beat()
                self._notes(answer.asked)
            writer.end()
            self._notes(answer.asked)
        except (OSError, Refused, sqlite3.Error, ValueError) as error:
            self.close_connection = True
            print(f"satellites: {answer.name}: {error}", file=sys.stderr, flush=True)

    def _notes(self, asked: Asked) -> None:
        """Everybody may know that it is there, and how far it is."""
        assert self.states is not None
        with contextlib.suppress(Refused):
            self.states.tell(follow_truth(self.server.paths), asked.at.sequence if asked.at else 0)

    def _refuses(self, code: int, refused: Refused) -> None:
        self.close_connection = True
        words = {"field": refused.field, "sentence": refused.sentence}
        self._answers(code, {**words, "refused": [*words.values()]})

    def _answers(self, code: int, said: dict[str, Any]) -> None:
        body = json.dumps(said).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *values: object) -> None:
        """Only what was refused."""
        if str(values[1:2]) != "('200',)":
            print(f"satellites: {self.client_address[0]}: {format % values}", file=sys.stderr, flush=True)


class Answer:
    """To one question of one satellite. Raises `Refused` for whoever is none, or speaks otherwise than we do."""

    def __init__(self, paths: SystemPaths, board: Board, name: str, asked: Asked) -> None:
        self._paths, self._board, self.name, self.asked = paths, board, name, asked
        require_satellite(name, load_nodes(paths)[1])
        if asked.schema != SCHEMA:
            raise Refused(
                "version",
                f"this main has Carillon {carillon.__version__} (directory {SCHEMA}), and {name} has {asked.version}"
                f" (directory {asked.schema}); install the same, the mains first.",
            )

    def lines(self) -> Iterator[str]:
        """All of it; an empty one now and then, while there is nothing to say."""
        yield ""
        began = time.monotonic()
        beside = self._aside()
        while beside is None or self._waits(beside[1], time.monotonic() - began):
            self._board.wait_beyond(self._board.position, BEAT_S)
            yield ""
            beside = self._aside()
        known = share.print_of(beside[1]) == self.asked.aside
        for steps in self._steps(beside[0]):
            for before, step in steps:
                yield from wire.lines(before, step, None if known else beside[1])
                known = True
            yield ""  # the link has something to do while we read on

    def _waits(self, aside: dict[str, Any], waited_s: float) -> bool:
        """Whether there is nothing to say yet; a satellite that is ahead of us has asked another main before."""
        here, there = self._board.position, self.asked.at
        if here is None or there is None or share.print_of(aside) != self.asked.aside:
            return False
        return waited_s < (HOLD_S if here == there else AHEAD_S if here.sequence < there.sequence else 0)

    def _aside(self) -> tuple[Node, dict[str, Any]] | None:
        """This satellite and what lies beside; None while we haven't heard of it ourselves, or of anything."""
        last = LastNodes.read(self._paths.last_nodes)
        own = next((one for one in last.siblings if one.name == self.name), None) if last else None
        if own is None or last is None:
            require_satellite(self.name, load_nodes(self._paths)[1])
            return None
        return None if self._board.position is None else (own, share.aside(self._paths, own, last))

    def _steps(self, satellite: Node) -> Iterator[Iterable[tuple[Position | None, Step]]]:
        """The next ones, from where the satellite is to where we are, or all from nowhere."""
        there, here = self.asked.at, self._board.position
        try:
            found = self._next(there, satellite)
        except (DatabaseAway, Busy):
            found = []
            if there is not None and here is not None and there.sequence >= here.sequence:
                yield [(there, Step(there, frozenset(), ()))]
                return
        if found:
            yield from self._further(found, here, satellite)
            return
        yield ((None, whole) for whole in share.whole(self._paths.run_directory, satellite))

    def _further(
        self, found: list[tuple[Position | None, Step]], here: Position | None, satellite: Node
    ) -> Iterator[list[tuple[Position | None, Step]]]:
        """These steps and those behind them: on a far link each question costs more time than its answer."""
        while found:
            yield found
            there = found[-1][1].position
            if here is None or there.sequence >= here.sequence:
                return
            try:
                found = self._next(there, satellite)
            except (DatabaseAway, Busy):
                return  # the next question is answered somehow

    def _next(self, there: Position | None, satellite: Node) -> list[tuple[Position | None, Step]]:
        """Some of the steps, in a transaction of their own: none waits for the link. Raises `DatabaseAway`, `Busy`."""
        if there is None:
            return []
        with reading(follow_truth(self._paths)) as connection:
            return [*share.steps(connection, there, satellite)]


def require_satellite(name: str, siblings: tuple[Node, ...]) -> Node:
    """The satellite of this name; raises `Refused` when there is none."""
    found = next((one for one in siblings if one.name == name and one.is_satellite), None)
    if found is None:
        raise Refused("name", f"{name or 'who shows no certificate'} is no satellite of this system (any more).")
    return found
