"""Asterisk's manager interface (AMI): a few actions over one connection, or listening to what happens there."""

from __future__ import annotations

import itertools
import socket
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

PATIENCE_S = 2.0
MOST_BYTES = 16 * 1024 * 1024
"""Of one answer, or of events that nobody took."""

END = b"\r\n\r\n"
_VARIABLES = {"Variable": "Variable", "ChanVariable": "Variable", "DestChanVariable": "DestVariable"}

Message = dict[str, str]


class NoAnswer(Exception):
    """Asterisk could not be asked, or refused; the text says which."""


class NobodyHome(NoAnswer):
    """Nothing listens there: no Asterisk runs, so no call is up."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where the manager interface is, and how to get in."""

    address: str
    port: int
    user: str
    secret: str = field(repr=False)


class Manager:
    """A session. Every method raises NoAnswer; events that come by themselves wait until `heard` takes them."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._patience_s = connection.gettimeout() or PATIENCE_S
        self._rest = b""
        self._blocks: deque[bytes] = deque()
        self._events: deque[Message] = deque()
        self._waiting_bytes = 0
        self._ids = itertools.count(1)

    @classmethod
    @contextmanager
    def at(cls, door: Door, patience_s: float = PATIENCE_S, *, listens: bool = False) -> Iterator[Manager]:
        """Log in; each read waits at most `patience_s` seconds. With `listens`, events come too. Raises NoAnswer."""
        try:
            with socket.create_connection((door.address, door.port), patience_s) as connection:
                manager = cls(connection)  # its greeting is a line of the first answer
                manager.ask("Login", Username=door.user, Secret=door.secret, Events="on" if listens else "off")
                yield manager
        except ConnectionRefusedError as error:
            raise NobodyHome(f"{door.address}:{door.port} does not answer ({error})") from error
        except OSError as error:
            raise NoAnswer(f"{door.address}:{door.port} does not answer ({error})") from error

    def ask(self, action: str, **fields: str) -> Message:
        """The response to one action."""
        mine = self._send(action, fields)
        return self._answer(mine, action)

    def events(self, action: str, event: str, **fields: str) -> list[Message]:
        """The events of this name that an action lists."""
        mine = self._send(action, fields)
        self._answer(mine, action)
        found: list[Message] = []
        while True:
            message = self._message()
            if message.get("ActionID") != mine:
                self._keep(message)
            elif message.get("EventList") == "Complete" or message.get("Event", "").endswith("Complete"):
                return found
            elif message.get("Event") == event:
                found.append(message)

    def heard(self, timeout_s: float) -> list[Message]:
        """The events that came by themselves; waits at most so long for the first one."""
        if not self._events:
            self._await(timeout_s)
        while self._blocks:
            self._keep(_parsed(self._blocks.popleft()))
        events = list(self._events)
        self._events.clear()
        self._waiting_bytes = 0
        return events

    def _await(self, timeout_s: float) -> None:
        self._connection.settimeout(max(timeout_s, 0.001))
        try:
            self._receive()
        except TimeoutError:
            pass
        finally:
            self._connection.settimeout(self._patience_s)

    def _keep(self, message: Message) -> None:
        if "Event" in message and "ActionID" not in message:
            self._events.append(message)

    def _send(self, action: str, fields: Message) -> str:
        mine = str(next(self._ids))
        lines = {"Action": action, "ActionID": mine, **fields}
        if any("\r" in value or "\n" in value for value in lines.values()):
            raise NoAnswer(f"{action}: a value of two lines was not sent")
        self._connection.sendall("".join(f"{key}: {value}\r\n" for key, value in lines.items()).encode() + b"\r\n")
        self._waiting_bytes = 0
        return mine

    def _answer(self, mine: str, action: str) -> Message:
        while True:
            message = self._message()
            if "Response" in message and message.get("ActionID") == mine:
                break
            self._keep(message)
        if message["Response"] not in {"Success", "Goodbye"}:
            raise NoAnswer(f"{action}: {message.get('Message', message['Response'])}")
        return message

    def _message(self) -> Message:
        until = time.monotonic() + 10 * self._patience_s  # a stream of events must not hide that no answer comes
        while not self._blocks:
            if time.monotonic() > until:
                raise NoAnswer("no answer among the events")
            self._receive()
        return _parsed(self._blocks.popleft())

    def _receive(self) -> None:
        more = self._connection.recv(1 << 18)
        self._waiting_bytes += len(more)
        if not more or self._waiting_bytes > MOST_BYTES:
            raise NoAnswer("the connection ended in the middle of an answer")
        *blocks, self._rest = (self._rest + more).split(END)
        self._blocks.extend(blocks)


def _parsed(block: bytes) -> Message:
    """One block of lines; of a repeated `Variable` each keeps its own name."""
    message: Message = {}
    for line in block.decode("utf-8", "replace").split("\r\n"):
        key, _, value = line.partition(":")
        value = value.strip()
        if key in _VARIABLES:
            name, _, value = value.partition("=")
            key = f"{_VARIABLES[key]} {name}"
        message[key] = value
    return message
