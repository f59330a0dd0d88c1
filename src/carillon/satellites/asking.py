"""A satellite's question to a main. What comes is kept on disk until all of it is there: a cut link changes nothing."""

from __future__ import annotations

import json
import os
import socket
import ssl
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import IO, Any

from carillon.confgen.tls.authority import CERTIFICATE
from carillon.confgen.tls.certificate import Certificate, read_certificate
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.satellites import stream, wire
from carillon.satellites.wire import SILENT_S, Asked, Broken
from carillon.siblings.settings import context_of, name_in

CONNECT_S = 4.0
LONGEST_LINE = 1 << 26


class Unreachable(Exception):
    """This main doesn't answer, or not to the end; why, in words."""


def opened(main: Node, nodes: Path) -> HTTPSConnection:
    """A connection to a main that has shown its own certificate, and wants ours in `nodes`. Raises OSError."""
    where, context = (main.address, main.satellite_port), context_of(nodes, server=False)
    connection = HTTPSConnection(*where, timeout=CONNECT_S, context=context)
    try:
        connection.connect()
        secured = connection.sock
        assert isinstance(secured, ssl.SSLSocket)
        if (name := name_in(dict(secured.getpeercert() or {}))) != main.name:
            raise ConnectionError(f"it shows the certificate of {name}")
        secured.settimeout(SILENT_S)
        secured.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(SILENT_S * 1000))
    except OSError:
        connection.close()
        raise
    return connection


def answered(connection: HTTPSConnection, path: str, question: str) -> tuple[int, dict[str, Any]]:
    """What a main says to one question, and its code; the connection is closed then.

    Raises `OSError`, `HTTPException`, `ValueError`.
    """
    with closing(connection):
        connection.request("POST", path, question, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said: dict[str, Any] = json.loads(answer.read())
        return answer.status, said


class Asking:
    """One connection to one main, kept for further questions; `nodes` holds by what nodes know each other.

    `timed` gets what its clock shows, in Unix seconds.
    """

    def __init__(
        self,
        main: Node,
        nodes: Path,
        arriving: Path,
        heard: Callable[[], None],
        timed: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        self.main, self.nodes, self._arriving, self._heard, self.timed = main, nodes, arriving, heard, timed
        self._connection: HTTPSConnection | None = None

    def close(self) -> None:
        """The next question connects anew."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    @contextmanager
    def asks(self, asked: Asked) -> Iterator[IO[str]]:
        """The answer, complete, line by line, as soon as there is one. Raises Unreachable; Refused for what it refuses.

        Raises OSError only when this disk can't hold it.
        """
        try:
            with self._answer(asked) as answer:
                self._keep(answer)
        except BaseException:
            self.close()
            raise
        with self._arriving.open() as complete:
            yield complete
        self._arriving.unlink(missing_ok=True)

    @contextmanager
    def _answer(self, asked: Asked) -> Iterator[HTTPResponse]:
        connection = self._connected()
        try:
            connection.request("POST", wire.PATH, json.dumps(asked.as_json()), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            self._reads_clock(answer)
            said = None if answer.status == 200 else json.loads(answer.read(4096))
        except (OSError, HTTPException, ValueError) as error:
            raise self._away(error) from error
        if said is not None:
            raise Refused(str(said.get("field", "name")), str(said.get("sentence", "was refused.")))
        yield answer

    def _reads_clock(self, answer: HTTPResponse) -> None:
        """It tells seconds: half of one is the middle. Raises ValueError for what is no date."""
        if date := answer.getheader("Date"):
            self.timed(parsedate_to_datetime(date).timestamp() + 0.5)

    def _connected(self) -> HTTPSConnection:
        if self._connection is not None:
            return self._connection
        try:
            self._connection = opened(self.main, self.nodes)
        except OSError as error:
            raise self._away(error) from error
        return self._connection

    def _keep(self, answer: HTTPResponse) -> None:
        with self._fresh() as file:
            lines, last = self._lines(answer), b""
            for line in lines:
                self._heard()
                if line:
                    file.write(line + b"\n")
                    last = line
            if not wire.is_end(last):
                raise Unreachable(f"{self.main.name} ({self.main.address}) broke off")

    def _fresh(self) -> IO[bytes]:
        self._arriving.unlink(missing_ok=True)
        return os.fdopen(os.open(self._arriving, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def _lines(self, answer: HTTPResponse) -> Iterator[bytes]:
        """Apart from what is written to disk: whose OSError it is matters."""
        try:
            yield from stream.read(answer)
        except (OSError, HTTPException, zlib.error) as error:
            raise self._away(error) from error

    def _away(self, error: Exception) -> Unreachable:
        return Unreachable(f"{self.main.name} ({self.main.address}): {self._in_words(error)}")

    def _in_words(self, error: Exception) -> str:
        """What to do about a certificate is said here: the other side knows only that it doesn't like ours."""
        if isinstance(error, TimeoutError):
            return "says nothing"
        if not isinstance(error, ssl.SSLError):
            return str(error)
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"its certificate isn't accepted: {error.verify_message}; is this machine's clock right?"
        own = _own_certificate(self.nodes)
        if own is not None and not own.begins <= datetime.now(UTC) <= own.ends:
            holds = f"holds from {own.begins:%Y-%m-%d} to {own.ends:%Y-%m-%d}, and its clock isn't between"
            return f"this satellite's certificate {holds}; mend that, or let it join again (`satellite key` on a main)"
        return f"it doesn't accept this satellite's certificate ({error.reason}); is its clock right?"


def _own_certificate(nodes: Path) -> Certificate | None:
    try:
        return read_certificate((nodes / CERTIFICATE).read_text())
    except (OSError, Refused):
        return None


def header_of(lines: IO[str]) -> wire.Header:
    """The first line of an answer. Raises Broken."""
    found = next_header(lines)
    if found is None:
        raise Broken("the beginning is missing")
    return found


def next_header(lines: IO[str]) -> wire.Header | None:
    """The first line of the next step of an answer, None behind the last one. Raises Broken."""
    line = lines.readline(LONGEST_LINE)
    if line and not line.endswith("\n"):
        raise Broken("the beginning is missing")
    return wire.header(line) if line else None
