"""Figures for Prometheus, counted from the rows and served by HTTP on loopback."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    ProcessCollector,
    start_http_server,
)

from carillon.collector.callfigures import CallFigures, LampFigures
from carillon.collector.store import Kept
from carillon.collector.trunkfigures import TrunkFigures
from carillon.stores.tracewire import FIELD, LOST, STORE_DOWN
from carillon.system.relay import Where, session_count

NAMESPACE = "carillon"
_FAILURES = frozenset({"inbound", "inbound failure"})
_CANCELLED = f"{FIELD}cancelled{FIELD}"


class Metrics:
    """What is counted since the collector's start."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = self._counter("requests", "Messages decided, by route and outcome", "route", "outcome")
        self.calls = self._counter("calls", "Calls that were sent to a gateway")
        self.failures = self._counter("call_failures", "Calls that failed, by the code the caller got", "code")
        self.store_failures = self._counter("store_failures", "Times that a store did not answer", "store")
        self.rows = self._counter("collector_rows", "Rows kept by the collector")
        self.dropped = self._counter("collector_dropped", "Rows that did not get through, or could not be kept")
        self.bad = self._counter("collector_bad_messages", "Messages that were no row")
        self.lag = Gauge(
            "collector_lag_seconds", "Age of the oldest row when it was written",
            namespace=NAMESPACE, registry=self.registry,
        )  # fmt: skip
        self.relayed = Gauge(
            "relayed_sessions", "Sessions that the media relay carries, one for each encrypting phone in a call",
            namespace=NAMESPACE, registry=self.registry,
        )  # fmt: skip
        ProcessCollector(namespace=f"{NAMESPACE}_collector", registry=self.registry)

    def add_trunks(self, file: Path) -> None:
        """Tell of the trunks too, as the trunk daemon writes of them into `file`."""
        self.registry.register(TrunkFigures(NAMESPACE, file))

    def add_calls(self, file: Path) -> None:
        """Tell of the calls that are up too, as the calls daemon writes of them into `file`."""
        self.registry.register(CallFigures(NAMESPACE, file))

    def add_lamps(self, files: dict[str, Path]) -> None:
        """Tell of the lamps that were put right too, as the daemons `calls` and `states` count them in `files`."""
        self.registry.register(LampFigures(NAMESPACE, files))

    def serve(self, address: str, port: int) -> None:
        """Answer GET by HTTP, in a thread. Raises OSError when the port is taken."""
        start_http_server(port, address, self.registry)

    def watch(self, relay: Where) -> None:
        """Ask the media relay at (host, port) each time that somebody asks for the figures."""
        self.relayed.set_function(lambda: session_count(relay))

    def count(self, rows: Iterable[Kept], now: float) -> None:
        """Count rows that were kept."""
        decided: Tally[tuple[str, str]] = Tally()
        oldest, kept = now, 0
        for row in rows:
            kept += 1
            oldest = min(oldest, row.at)
            route, _, _, message, _, _, outcome, detail, *said = row.rest.split(FIELD, 8)
            if route == LOST:
                self.dropped.inc(int(message) if message.isdigit() else 0)
                continue
            if route == STORE_DOWN:
                self.store_failures.labels(message).inc()
                continue
            decided[route, outcome] += 1
            if route in _FAILURES:
                self._call(route, outcome, detail, said[0] if said else "")
            if said and f"{FIELD}unknown{FIELD}" in said[0]:
                self.store_failures.labels("directory").inc()
        for (route, outcome), number in decided.items():
            self.requests.labels(route, outcome).inc(number)
        self.rows.inc(kept)
        self.lag.set(now - oldest)

    def _call(self, route: str, outcome: str, detail: str, said: str) -> None:
        """The beginning or the failure of an inbound leg, which is the call as the caller sees it."""
        if route == "inbound" and outcome == "Relay":
            self.calls.inc()
        elif outcome == "Reply":
            self.failures.labels(detail[:3]).inc()
        elif route == "inbound failure" and outcome == "Pass":
            self.failures.labels(passed_code(said)).inc()

    def _counter(self, name: str, help: str, *labels: str) -> Counter:
        return Counter(name, help, labels, namespace=NAMESPACE, registry=self.registry)


def passed_code(said: str) -> str:
    """The code that a failure route let pass, from its rules' words: 487 when the caller had hung up."""
    if _CANCELLED in said:
        return "487"
    code = said.rpartition(FIELD)[2][:3]
    return code if code.isdigit() else "unknown"
