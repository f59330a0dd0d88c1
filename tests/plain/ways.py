"""The same message on both ways through a worker: what each tells the engine and the trace."""

from __future__ import annotations

import copy
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

from tests.plain.office import GATEWAY, PaperOffice
from tests.plain.paper import Message, Told

Run = Callable[[Callable[[], Any]], Any]


def _run(act: Callable[[], Any]) -> Any:
    return act()


NOW = 1_700_000_000.0


@dataclass(frozen=True)
class Heard:
    """What became of a message: what the engine was told, the row of the trace without its time, what is kept."""

    told: list[Told]
    rows: list[str]
    shared: dict[str, dict[str, str]]
    kept: dict[str, str]


@dataclass(frozen=True)
class Arrival:
    """A message, by the callback that gets it, and what that is `given`; `kept` are the values of its transaction."""

    message: Message
    callback: str = "ksr_request_route"
    kept: dict[str, str] = field(default_factory=dict)
    transaction: int = -1
    given: tuple[str, ...] = ()

    def known(self) -> Arrival:
        """The same request after the engine has looked at its sender; a reply as it is."""
        if self.callback != "ksr_request_route":
            return self
        source = "gateway" if (self.message.address, self.message.port) == GATEWAY else "outside"
        said = f"{self.message.first[0]} {self.message.address}:{self.message.port} {source}"
        return replace(self, callback="ksr_known_request", given=(said,))


class Ways:
    """The worker's two ways."""

    def __init__(self, office: PaperOffice) -> None:
        self.office, self.paper, self.plain = office, office.paper, office.worker.plain
        self._heard: Any = None

    def both(self, arrival: Arrival) -> tuple[Heard, Heard]:
        """By the short path where it takes the message; by the rules."""
        return self._by(arrival, self.plain), self._by(arrival, _Never())

    def by_rules(self, arrival: Arrival) -> Heard:
        return self._by(arrival, _Never())

    def by_short_path(self, arrival: Arrival, run: Run) -> Heard:
        """`run` calls the worker."""
        return self._by(arrival, self.plain, run)

    def _by(self, arrival: Arrival, plain: object, run: Run = _run) -> Heard:
        before = copy.deepcopy(self.paper.shared)
        self.office.worker.plain = plain  # type: ignore[assignment]
        try:
            self.paper.receives(arrival.message, arrival.transaction, arrival.kept)
            with patch.object(time, "time", lambda: NOW), patch.object(secrets, "token_hex", lambda size: "ab" * size):
                run(lambda: getattr(self.office.worker, arrival.callback)(None, *arrival.given))
            return Heard(self.paper.lines, self._rows(), self.paper.shared, self.paper.kept)
        finally:
            self.office.worker.plain = self.plain
            self.paper.shared = before

    def _rows(self) -> list[str]:
        if self._heard is None:
            try:
                self._heard, _ = self.office.collector.accept()
            except BlockingIOError:
                return []
            self._heard.setblocking(False)
        found: list[str] = []
        try:
            while row := self._heard.recv(1 << 16):
                found.append(row.decode().partition("\x1f")[2])
        except BlockingIOError:
            pass
        return found

    def close(self) -> None:
        if self._heard is not None:
            self._heard.close()


class _Never:
    """No message is plain."""

    def __getattr__(self, name: str) -> Callable[..., bool]:
        return lambda *values: False
