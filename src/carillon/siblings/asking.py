"""Asking the siblings, for commands of an administrator on this node; all at once."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

from carillon.siblings.settings import context_of, name_in
from carillon.siblings.wire import bound_to

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


class Failed(Silent):
    """A sibling has answered why it can't."""


class Unkept(Silent):
    """What a sibling sends can't be kept here; the text says why."""


@dataclass(frozen=True, slots=True)
class Told:
    """What siblings answered, by their names, and why others did not."""

    answers: dict[str, Any]
    silent: dict[str, str]


def ask_all(nodes: Path, siblings: Iterable[Listens], *question: str) -> Told:
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


def fetch(nodes: Path, sibling: Listens, to: BinaryIO, *question: str) -> int:
    """Write the file of one of `asked.FILES` to `to`; how many bytes. Raises Silent, also when not all of it came."""
    with _connected(nodes, sibling, question) as answers:
        size = int(_told(answers))
        _write(answers, to, size)
    return size


def fetch_more(
    nodes: Path,
    sibling: Listens,
    part: Path,
    *question: str,
    source: str = "",
    accepts: Callable[[int], None] = lambda size: None,
) -> dict[str, Any]:
    """Add to `part` what is left of a file; what is told beside its size. Raises Silent.

    `accepts` may refuse so many bytes: it raises Unkept.
    """
    with _connected(nodes, sibling, question, source) as answers:
        answer = _answer(answers)
        size = int(answer["told"])
        accepts(size)
        with part.open("ab", buffering=0) as to:
            _write(answers, to, size)
    return answer


def _write(answers: BinaryIO, to: BinaryIO, size: int) -> None:
    left = size
    while left and (piece := answers.read(min(PIECE, left))):
        _put(to, piece)
        left -= len(piece)
    if left:
        raise Silent(f"{size - left} of {size} bytes came")


def _put(to: BinaryIO, piece: bytes) -> None:
    try:
        to.write(piece)
    except OSError as error:
        raise Unkept(str(error)) from error


def _asked(nodes: Path, sibling: Listens, question: tuple[str, ...]) -> Any:
    try:
        return ask_one(nodes, sibling, *question)
    except Silent as silent:
        return silent


@contextmanager
def _connected(nodes: Path, sibling: Listens, question: tuple[str, ...], source: str = "") -> Iterator[BinaryIO]:
    """What comes back on a question. Raises Silent, also of what goes wrong while it is read."""
    own = bound_to(source, sibling.address)
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
    return _answer(answers)["told"]


def _answer(answers: BinaryIO) -> dict[str, Any]:
    line = answers.readline()
    if not line:
        raise Silent("it has closed the connection")
    answer: dict[str, Any] = json.loads(line)
    if "failed" in answer:
        raise Failed(str(answer["failed"]))
    return answer


def _certificate(connection: ssl.SSLSocket) -> dict[str, object]:
    return dict(connection.getpeercert() or {})
