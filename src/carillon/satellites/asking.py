"""A satellite's question to a main. Each step that comes is kept on disk until all of it is there."""

from __future__ import annotations

import json
import os
import socket
import ssl
import zlib
from collections.abc import Callable, Generator, Iterator
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

    def asks(self, asked: Asked) -> Generator[IO[str], None, None]:
        """The steps of the answer, each complete, as soon as it is there. Raises Refused for what the main refuses.

        Raises Unreachable when it doesn't answer, or breaks off behind some steps; OSError only when this disk can't
        hold a step.
        """
        try:
            with self._answer(asked) as answer:
                for _ in self._steps(answer):
                    with self._arriving.open() as step:
                        yield step
        except BaseException:
            self.close()
            raise
        finally:
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
        """A main of before tells whole seconds: half of one is the middle. Raises ValueError for what is no time."""
        if clock := answer.getheader(wire.CLOCK):
            self.timed(float(clock))
        elif date := answer.getheader("Date"):
            self.timed(parsedate_to_datetime(date).timestamp() + 0.5)

    def _connected(self) -> HTTPSConnection:
        if self._connection is not None:
            return self._connection
        try:
            self._connection = opened(self.main, self.nodes)
        except OSError as error:
            raise self._away(error) from error
        return self._connection

    def _steps(self, answer: HTTPResponse) -> Iterator[None]:
        """Have one step after the other on disk. Raises Unreachable when one is not whole, or none comes."""
        lines, any_came = self._lines(answer), False
        while self._keep(lines):
            any_came = True
            yield
        if not any_came:
            raise self._broke_off()

    def _keep(self, lines: Iterator[bytes]) -> bool:
        """Whether another step came."""
        is_begun = False
        with self._fresh() as file:
            for line in lines:
                self._heard()
                if line:
                    is_begun = True
                    file.write(line + b"\n")
                    if wire.is_end(line):
                        return True
        if is_begun:
            raise self._broke_off()
        return False

    def _broke_off(self) -> Unreachable:
        return Unreachable(f"{self.main.name} ({self.main.address}) broke off")

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
    """The first line of a step. Raises Broken."""
    line = lines.readline(LONGEST_LINE)
    if not line.endswith("\n"):
        raise Broken("the beginning is missing")
    return wire.header(line)
