"""Asking Asterisk's manager interface (AMI): a few actions over one connection, then goodbye."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

PATIENCE_S = 2.0
MOST_BYTES = 16 * 1024 * 1024

Message = dict[str, str]


class NoAnswer(Exception):
    """Asterisk could not be asked, or refused; the text says which."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where the manager interface is, and how to get in."""

    address: str
    port: int
    user: str
    secret: str


class Manager:
    """A session. Every method raises NoAnswer."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = b""
        self._taken = 0
        self._ids = itertools.count(1)

    @classmethod
    @contextmanager
    def at(cls, door: Door, patience_s: float = PATIENCE_S) -> Iterator[Manager]:
        """Log in; each read waits at most `patience_s` seconds. Raises NoAnswer."""
        try:
            with socket.create_connection((door.address, door.port), patience_s) as connection:
                manager = cls(connection)
                manager._line()  # its greeting
                manager.ask("Login", Username=door.user, Secret=door.secret, Events="off")
                yield manager
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
                continue
            if message.get("EventList") == "Complete" or message.get("Event", "").endswith("Complete"):
                return found
            if message.get("Event") == event:
                found.append(message)

    def _send(self, action: str, fields: Message) -> str:
        mine = str(next(self._ids))
        lines = {"Action": action, "ActionID": mine, **fields}
        if any("\r" in value or "\n" in value for value in lines.values()):
            raise NoAnswer(f"{action}: a value of two lines was not sent")
        self._connection.sendall("".join(f"{key}: {value}\r\n" for key, value in lines.items()).encode() + b"\r\n")
        return mine

    def _answer(self, mine: str, action: str) -> Message:
        while True:
            message = self._message()
            if "Response" in message and message.get("ActionID") == mine:
                break
        if message["Response"] not in {"Success", "Goodbye"}:
            raise NoAnswer(f"{action}: {message.get('Message', message['Response'])}")
        return message

    def _message(self) -> Message:
        """One block of lines; of a repeated `Variable` each keeps its own name."""
        message: Message = {}
        while line := self._line():
            key, _, value = line.partition(":")
            value = value.strip()
            if key in {"Variable", "ChanVariable"}:
                name, _, value = value.partition("=")
                key = f"{key} {name}"
            message[key] = value
        return message

    def _line(self) -> str:
        while b"\r\n" not in self._buffer:
            more = self._connection.recv(65536)
            self._taken += len(more)
            if not more or self._taken > MOST_BYTES:
                raise NoAnswer("the connection ended in the middle of an answer")
            self._buffer += more
        line, self._buffer = self._buffer.split(b"\r\n", 1)
        return line.decode("utf-8", "replace")
