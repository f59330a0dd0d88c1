"""Asking the siblings, for commands of an administrator on this node; all at once."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

from carillon.model.node import Node
from carillon.siblings.settings import context_of, name_in

CONNECT_S: Final = 2.0
ANSWER_S: Final = 8.0
PIECE: Final = 64 * 1024


class Listens(Protocol):
    """Who can be asked: its name, and where."""

    @property
    def name(self) -> str:
        """As its certificate says."""

    @property
    def address(self) -> str:
        """Where it is reached."""

    @property
    def feed_port(self) -> int:
        """Where its daemon listens."""


class Silent(Exception):
    """A sibling could not be asked, or could not answer; the text says why."""


@dataclass(frozen=True, slots=True)
class Told:
    """What siblings answered, by their names, and why others did not."""

    answers: dict[str, Any]
    silent: dict[str, str]


def ask_all(nodes: Path, siblings: Iterable[Node], *question: str) -> Told:
    """Ask all of them one of `asked.QUESTIONS`; `nodes` holds this node's certificate."""
    asked = tuple(siblings)
    answers: dict[str, Any] = {}
    silent: dict[str, str] = {}
    if asked:
        with ThreadPoolExecutor(len(asked)) as threads:
            for sibling, answer in zip(
                asked, threads.map(lambda one: _asked(nodes, one, question), asked), strict=True
            ):
                if isinstance(answer, Silent):
                    silent[sibling.name] = str(answer)
                else:
                    answers[sibling.name] = answer
    return Told(answers, silent)


def ask_one(nodes: Path, sibling: Listens, *question: str, source: str = "") -> Any:
    """Ask one, from an address of ours where there are several; raises Silent."""
    with _connected(nodes, sibling, question, source) as answers:
        return _told(answers)


def fetch(nodes: Path, sibling: Node, to: BinaryIO, *question: str) -> int:
    """Write the file of one of `asked.FILES` to `to`; how many bytes. Raises Silent, also when not all of it came."""
    with _connected(nodes, sibling, question) as answers:
        size = left = int(_told(answers))
        while left and (piece := answers.read(min(PIECE, left))):
            to.write(piece)
            left -= len(piece)
    if left:
        raise Silent(f"{size - left} of {size} bytes came")
    return size


def _asked(nodes: Path, sibling: Node, question: tuple[str, ...]) -> Any:
    try:
        return ask_one(nodes, sibling, *question)
    except Silent as silent:
        return silent


@contextmanager
def _connected(nodes: Path, sibling: Listens, question: tuple[str, ...], source: str = "") -> Iterator[BinaryIO]:
    """What comes back on a question. Raises Silent, also of what goes wrong while it is read."""
    own = (source, 0) if source else None
    try:
        with (
            socket.create_connection((sibling.address, sibling.feed_port), CONNECT_S, own) as plain,
            context_of(nodes, server=False).wrap_socket(plain) as connection,
        ):
            if (name := name_in(_certificate(connection))) != sibling.name:
                raise Silent(f"it shows the certificate of {name}")
            connection.settimeout(ANSWER_S)
            connection.sendall(json.dumps({"ask": question}).encode() + b"\n")
            with connection.makefile("rb") as answers:
                yield answers
    except (OSError, ValueError, TypeError) as error:
        raise Silent(str(error) or "no answer in time") from error


def _told(answers: BinaryIO) -> Any:
    line = answers.readline()
    if not line:
        raise Silent("it has closed the connection")
    answer = json.loads(line)
    if "failed" in answer:
        raise Silent(str(answer["failed"]))
    return answer["told"]


def _certificate(connection: ssl.SSLSocket) -> dict[str, object]:
    return dict(connection.getpeercert() or {})
