"""`python -m carillon.collector.daemon SETTINGS`: takes rows from the workers, writes them in batches, counts them."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import time
from pathlib import Path
from types import FrameType

from carillon.collector.inbox import Inbox
from carillon.collector.intake import shelved
from carillon.collector.metrics import Metrics
from carillon.collector.settings import Settings
from carillon.collector.store import Kept, Store

WRITE_S = 1.0
"""Rows wait at most so long for company; who asks for a trace makes us write at once."""

NAP_S = 0.05
"""Sockets fill while we sleep, each holds some 300 rows: fewer and longer looks cost half as much."""

MOST_WAITING = 2000
FORGET_S = 60.0
NICENESS = 5


class Collector:
    """One loop; whatever fails in it, the next round begins."""

    def __init__(self, settings: Settings) -> None:
        self.inbox = Inbox(settings.socket)
        self.store = Store(settings.store)
        self.metrics = Metrics()
        self.metrics.add_trunks(settings.trunk_states)
        run = settings.trunk_states.parent
        self.metrics.add_calls(run / "calls" / "figures.json")
        self.metrics.add_lamps({name: run / name / "repairs.json" for name in ("calls", "states")})
        self._waiting: list[tuple[str, Kept]] = []
        self._write_at = 0.0
        self._forget_at = 0.0
        self._complained_at = -FORGET_S

    def run(self) -> None:
        """Work until something ends the process."""
        while True:
            self.round()
            if not self.inbox.is_asked:
                time.sleep(NAP_S)

    def round(self) -> None:
        """Take what came in; write it when it is time, or when somebody asks for it."""
        now = time.monotonic()
        if not self._waiting:
            self._write_at = now + WRITE_S
        self.inbox.take(WRITE_S if not self._waiting else max(0.0, self._write_at - now))
        self._read()
        if self.inbox.is_asked or len(self._waiting) >= MOST_WAITING or time.monotonic() >= self._write_at:
            self.flush()
            self.inbox.answer()

    def flush(self) -> None:
        """Write what waits, and forget what is too old or too much."""
        try:
            if self._waiting:
                self.store.write(self._waiting)
                self.metrics.count((row for _, row in self._waiting), time.time())
            if time.monotonic() >= self._forget_at:
                self._forget_at = time.monotonic() + FORGET_S
                self.store.forget(time.time())
        except sqlite3.Error as error:
            self.metrics.dropped.inc(len(self._waiting))
            self._complain(error)
        self._waiting.clear()

    def close(self) -> None:
        """Write the rest and let everything go."""
        self.inbox.take(0)
        self._read()
        self.flush()
        self.inbox.close()
        self.store.close()

    def _read(self) -> None:
        for message in self.inbox.messages:
            try:
                self._waiting.append(shelved(message.decode("utf-8", "replace")))
            except ValueError:
                self.metrics.bad.inc()
        self.inbox.messages.clear()

    def _complain(self, error: sqlite3.Error) -> None:
        """Once a minute: a full disk must not fill the log too."""
        if time.monotonic() >= self._complained_at + FORGET_S:
            self._complained_at = time.monotonic()
            print(f"rows could not be kept: {error}", file=sys.stderr, flush=True)


def main(arguments: list[str]) -> None:
    """Run until a signal ends it. Raises OSError when the socket can't be made, sqlite3.Error without a file."""
    settings = Settings.read(Path(arguments[0]))
    os.nice(NICENESS)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    collector = Collector(settings)
    collector.metrics.watch(settings.relay)
    try:
        collector.metrics.serve(settings.address, settings.port)
    except OSError as error:
        print(f"no metrics on {settings.address}:{settings.port}: {error.strerror}", file=sys.stderr, flush=True)
    try:
        collector.run()
    finally:
        collector.close()


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
