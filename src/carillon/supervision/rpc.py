"""Kamailio's JSON-RPC: over its datagram socket, and by its FIFO what may be larger than a datagram.

One datagram holds 64 KB, and Kamailio 5.6 knows no other way to answer with more: a dump of a few hundred bans or calls
would be no answer at all.
"""

from __future__ import annotations

import json
import os
import pwd
import re
import secrets
import select
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from carillon.system.paths import SERVICE_USER

LARGE: Final = frozenset({"htable.dump", "ul.dump", "dispatcher.list", "dlg.list"})
"""Methods whose answers grow with the system."""
REST_S: Final = 0.5
LONGEST: Final = 1 << 16
"""A datagram of Kamailio's holds no more."""
LARGE_S: Final = 5.0
"""How long such an answer may take at least."""
AT_ONCE: Final = 8
"""Questions that wait for their answers together: ten datagrams fit into the queue of a socket, on both sides."""
FIFO: Final = "rpc.fifo"
"""Beside the socket: `SystemPaths.kamailio_fifo`."""
_NOT_THERE: Final = re.compile(r"(?<!method )not found|no contacts|doesn't exist", re.IGNORECASE)
"""Its codes don't tell: some of these are 404, others 500."""


Question = tuple[str | int, ...]
"""A method and its parameters."""


class RpcFailed(Exception):
    """Kamailio didn't answer, or answered with an error; the text says which."""


class NobodyAnswers(RpcFailed):
    """Kamailio isn't there, or hangs."""


class NotThere(RpcFailed):
    """Kamailio has no such key, address or contact: who wanted it removed has what he wanted."""


def call(rpc_socket: Path, method: str, *parameters: str | int, timeout_s: float = 1.0) -> Any:
    """The result of one JSON-RPC method of Kamailio, of any size. Raises `RpcFailed`, of its kinds `NotThere`."""
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
    fifo = rpc_socket.with_name(FIFO)
    try:
        if method in LARGE and fifo.exists():  # the presence server has none
            answer = json.loads(_streamed(fifo, request, max(timeout_s, LARGE_S)))
        else:
            answer = json.loads(_in_a_datagram(rpc_socket, request, timeout_s))
    except (OSError, ValueError) as error:
        raise NobodyAnswers(f"no answer to {method}: {error}") from error
    return _result(method, answer)


class Asker:
    """As `call`, for one thread that asks often: it keeps its socket, named by who it is, beside Kamailio's.

    Not for methods whose answers grow with the system. Make it before a fork; the socket is made at the first question.
    A Kamailio that did not answer in time is not asked again for `rest_s`: the thread has other things to do.
    """

    def __init__(self, rpc_socket: Path, who: str, timeout_s: float = 1.0, rest_s: float = REST_S) -> None:
        self._there, self._own, self._timeout_s = str(rpc_socket), rpc_socket.with_name(f"ask-{who}.sock"), timeout_s
        self._socket: socket.socket | None = None
        self._serial = 0
        self._rest_s, self._rests_until = rest_s, 0.0

    def __call__(self, method: str, *parameters: str | int) -> Any:
        """The result of one JSON-RPC method of Kamailio. Raises `RpcFailed`, of its kinds `NotThere`."""
        (result,) = self.each([(method, *parameters)])
        if isinstance(result, RpcFailed):
            raise result
        return result

    def each(self, questions: Sequence[Question]) -> list[Any]:
        """The results of several, done in this order; in place of a result, with what it failed.

        Several are under way at once: both sides wake up once for all of them.
        """
        results: list[Any] = []
        for start in range(0, len(questions), AT_ONCE):
            results += self._some(questions[start : start + AT_ONCE])
        return results

    def _some(self, questions: Sequence[Question]) -> list[Any]:
        if time.monotonic() < self._rests_until:
            return [NobodyAnswers(f"no answer to {method}: none came a moment ago") for method, *_ in questions]
        answers: dict[int, dict[str, Any]] = {}
        first, why = self._serial + 1, "none came"
        self._serial += len(questions)
        try:
            self._ask(first, questions, answers)
        except (OSError, ValueError) as error:
            self.close()  # whatever is wrong with it, the next question has another one
            if isinstance(error, TimeoutError):
                self._rests_until = time.monotonic() + self._rest_s
            why = str(error)
        return [_found(str(question[0]), answers.get(id), why) for id, question in enumerate(questions, first)]

    def _ask(self, first: int, questions: Sequence[Question], answers: dict[int, dict[str, Any]]) -> None:
        """What comes late to an earlier question is nobody's answer."""
        asking = self._socket or self._bound()
        for id, (method, *parameters) in enumerate(questions, first):
            request = {"jsonrpc": "2.0", "id": id, "method": method, "params": parameters}
            asking.sendto(json.dumps(request).encode(), self._there)
        deadline = time.monotonic() + self._timeout_s
        while len(answers) < len(questions):
            answer: dict[str, Any] = json.loads(asking.recv(LONGEST))
            if answer.get("id", 0) >= first:
                answers[answer["id"]] = answer
            elif time.monotonic() > deadline:
                raise TimeoutError("timed out")

    def _bound(self) -> socket.socket:
        self._own.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(self._timeout_s)
        self._socket.bind(str(self._own))
        _give(self._own)
        return self._socket

    def close(self) -> None:
        """Leave nothing behind; another question opens it again."""
        if self._socket is not None:
            self._socket.close()
            self._own.unlink(missing_ok=True)
        self._socket = None


def _found(method: str, answer: dict[str, Any] | None, why: str) -> Any:
    if answer is None:
        return NobodyAnswers(f"no answer to {method}: {why}")
    try:
        return _result(method, answer)
    except RpcFailed as failed:
        return failed


def _result(method: str, answer: dict[str, Any]) -> Any:
    if "error" in answer:
        words = str(answer["error"].get("message", answer["error"]))
        raise (NotThere if _NOT_THERE.search(words) else RpcFailed)(f"{method}: {words}")
    return answer["result"]


def _in_a_datagram(rpc_socket: Path, request: dict[str, Any], timeout_s: float) -> bytes:
    own = rpc_socket.with_name(f"ask-{secrets.token_hex(4)}.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
        asking.settimeout(timeout_s)
        try:
            asking.bind(str(own))
            _give(own)
            asking.sendto(json.dumps(request).encode(), str(rpc_socket))
            return asking.recv(1024 * 1024)
        finally:
            own.unlink(missing_ok=True)


def _streamed(fifo: Path, request: dict[str, Any], timeout_s: float) -> bytes:
    """Kamailio opens the FIFO that the request names, writes, and closes it."""
    own = fifo.with_name(f"answer-{secrets.token_hex(4)}")
    os.mkfifo(own, 0o600)
    try:
        _give(own)
        reading = os.open(own, os.O_RDONLY | os.O_NONBLOCK)
        try:
            _write(fifo, json.dumps({**request, "reply_name": own.name}).encode())
            return _all_of(reading, time.monotonic() + timeout_s)
        finally:
            os.close(reading)
    finally:
        own.unlink(missing_ok=True)


def _write(fifo: Path, request: bytes) -> None:
    """Whole, as it is shorter than a pipe takes at once; raises OSError when nobody reads it."""
    writing = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    try:
        os.write(writing, request)
    finally:
        os.close(writing)


def _all_of(reading: int, deadline: float) -> bytes:
    """What comes until the other side has closed; raises TimeoutError."""
    waiting, parts = select.poll(), list[bytes]()
    waiting.register(reading, select.POLLIN)
    while waiting.poll(max(deadline - time.monotonic(), 0) * 1000):
        part = os.read(reading, 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)
    raise TimeoutError("timed out")


def _give(own: Path) -> None:
    """To the service user, whom Kamailio runs as."""
    if os.geteuid() == 0:
        os.chown(own, pwd.getpwnam(SERVICE_USER).pw_uid, -1)
