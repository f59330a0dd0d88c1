"""`python -m carillon.calls.daemon SETTINGS`: hears from Asterisk what becomes of calls, and tells those who listen."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from traceback import format_exception_only

from carillon.calls.ami import Manager, Message, NoAnswer, NobodyHome
from carillon.calls.asterisk import Asterisk
from carillon.calls.book import Book
from carillon.calls.callbacks import Callbacks
from carillon.calls.doubts import Doubts
from carillon.calls.events import AllForNow, CallEvent, Listener
from carillon.calls.figures import Figures
from carillon.calls.gateways import Gateways
from carillon.calls.lamps import GATHER_S, Lamps
from carillon.calls.leases import Leases
from carillon.calls.pickups import Pickups
from carillon.calls.settings import Settings
from carillon.calls.severed import Severed
from carillon.calls.spirals import engine_since, spirals
from carillon.calls.survivors import Survivors
from carillon.stores import repairs
from carillon.stores.endings import EndingsReader
from carillon.supervision.rpc import RpcFailed
from carillon.system.pulse import beat

NAP_S = 0.02
"""Events come in groups, one group for each step of a call: a short sleep takes them together."""
TICK_S = 1.0
RESYNC_S = 30.0
"""News may be lost; so often everything is asked for."""
RETRY_S = 0.3
LOOK_S = 0.25
PATIENCE_S = 2.0

Maker = Callable[[Settings, Book, Asterisk], Listener]

LISTENERS: tuple[Maker, ...] = (
    Leases.made,
    Figures.made,
    Lamps.made,
    Callbacks.made,
    Gateways.made,
    Pickups.made,
    Severed.made,
)
"""Who listens, in the order in which they are told."""


class Daemon:
    """The book, and what keeps it true."""

    def __init__(self, settings: Settings, makers: tuple[Maker, ...] = LISTENERS) -> None:
        self.settings = settings
        self.book = Book()
        self.asterisk = Asterisk()
        self.listeners = [make(settings, self.book, self.asterisk) for make in makers]
        self._doubts = Doubts()
        self._tick_at = self._resync_at = 0.0
        self._said = ""

    def run(self) -> None:
        """Work until something ends the process."""
        if self.settings.door is None:
            self._follow_spirals()
        while self.settings.door:
            try:
                with Manager.at(self.settings.door, PATIENCE_S, listens=True) as manager:
                    self.asterisk.manager = manager
                    self._listen(manager)
            except NobodyHome as nobody:
                self._tell([*self.book.resync(()), AllForNow()])
                self._complain(str(nobody))
            except NoAnswer as failed:
                self._complain(str(failed))
            finally:
                self.asterisk.manager = None
            self._pulse(time.monotonic())
            time.sleep(RETRY_S)

    def _follow_spirals(self) -> None:
        """Where there is no Asterisk, Kamailio is asked again and again: a branch has few calls."""
        survivors = Survivors(self.settings.rpc, EndingsReader(self.settings.redis).among)
        while True:
            try:
                engine = engine_since(self.settings.rpc)
                calls = survivors.among(spirals(self.settings.rpc), engine)
                self._tell([*self.book.hold(each for call in calls for each in call.channels), AllForNow()])
                if self._said:
                    self._complain("")
            except RpcFailed as failed:
                self._complain(str(failed))
            self._pulse(time.monotonic())
            time.sleep(LOOK_S)

    def _listen(self, manager: Manager) -> None:
        """Raises NoAnswer when Asterisk is silent or has gone."""
        self._resync_at, patience = 0.0, TICK_S
        while True:
            now = time.monotonic()
            if now >= self._resync_at:
                self._resync(manager, now)
            self._pulse(now)
            messages = manager.heard(min(max(0.0, self._tick_at - now), patience))
            self._hear(messages)
            patience = GATHER_S if messages else TICK_S
            if messages:
                time.sleep(NAP_S)

    def _hear(self, messages: list[Message]) -> None:
        """Also when nothing more has come: what is gathered is told then."""
        self._doubts.explained(messages)
        for message in messages:
            self._tell(self.book.feed(message))
        self._tell([AllForNow()])

    def _resync(self, manager: Manager, now: float) -> None:
        """What happened before the list was made comes before it in the stream, what came meanwhile is fed again."""
        channels = manager.events("Status", "Status")
        if self.book.is_known:
            self._doubts.about(self.book.differing(channels), now)
        self._tell([*self.book.resync(channels), AllForNow()])
        self._resync_at = now + RESYNC_S
        if self._said:
            self._complain("")

    def _pulse(self, now: float) -> None:
        beat(self.settings.pulse)
        if now >= self._tick_at:
            self._tick_at = now + TICK_S
            _safely(lambda: repairs.add(self.settings.repairs, self._doubts.lost(now), time.time()))
            for listener in self.listeners:
                _safely(lambda each=listener: each.tick(time.time()))  # type: ignore[misc]

    def _tell(self, events: list[CallEvent]) -> None:
        for event in events:
            for listener in self.listeners:
                _safely(lambda each=listener, what=event: each.heard(what))  # type: ignore[misc]

    def _complain(self, words: str) -> None:
        """Once, not three times a second."""
        if words != self._said:
            self._said = words
            print(f"calls: {words or 'all calls are known again'}", file=sys.stderr, flush=True)


def _safely(do: Callable[[], None]) -> None:
    """What fails for one listener is said, and stops nobody else."""
    try:
        do()
    except Exception as error:  # noqa: BLE001 -- the border between listeners
        print(f"calls: {''.join(format_exception_only(error)).strip()}", file=sys.stderr, flush=True)


def main() -> None:
    """Run until told to stop."""
    with suppress(KeyboardInterrupt):
        Daemon(Settings.read(Path(sys.argv[1]))).run()


if __name__ == "__main__":
    main()
