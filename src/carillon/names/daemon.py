"""`python -m carillon.names.daemon SETTINGS`: looks numbers up at sources outside, for the workers of this node."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from pathlib import Path

from carillon.model.e164 import is_e164
from carillon.names import asking, states
from carillon.names.cache import Heard, Key
from carillon.names.lookups import Lookups
from carillon.stores import heardnames, namesources
from carillon.stores.directory import DirectoryReader
from carillon.stores.keptnames import KeptName, KeptNames
from carillon.stores.namesources import NameSource
from carillon.stores.ports import StoreDown
from carillon.stores.trunklogins import stamp
from carillon.supervision.rpc import RpcFailed, call
from carillon.system.pulse import beat

LOOK_S = 0.5
LONGEST = 1024


class Daemon:
    """Numbers come in by datagrams, names go out to Kamailio's shared memory."""

    def __init__(self, settings: dict[str, str], run: Path) -> None:
        self._rpc, self._sources = Path(settings["rpc"]), Path(settings["sources"])
        self._asked, self._states = Path(settings["asked"]), Path(settings["states"])
        self._kept = KeptNames(Path(settings["kept"]))
        self._directory = DirectoryReader(Path(settings["directory"]))
        self._pulse = run / "pulse"
        self._seen: object = ()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until a signal ends it."""
        async with asking.client() as by:
            self.lookups = Lookups(
                lambda source, number: asking.ask(by, source, number),
                self._tell, self._is_known, time.monotonic, time.time, keep=self._keep,
            )  # fmt: skip
            with self._listening() as listener:
                asyncio.get_running_loop().add_reader(listener, self._hear, listener)
                while True:
                    beat(self._pulse)
                    await self._follow()
                    states.write(self._states, self.lookups.states)
                    await asyncio.sleep(LOOK_S)

    def _listening(self) -> socket.socket:
        """Whoever runs as the service user may ask; what does not fit is lost, and its caller's name with it."""
        self._asked.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        listener.bind(str(self._asked))
        self._asked.chmod(0o600)
        return listener

    def _hear(self, listener: socket.socket) -> None:
        try:
            domain, _, number = listener.recv(LONGEST).decode().partition(" ")
        except (OSError, UnicodeDecodeError):
            return
        if is_e164(number):
            task = asyncio.ensure_future(self.lookups.look_up(domain, number))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _follow(self) -> None:
        """Ask other sources once they are in force; what the former ones said is taken back."""
        seen = stamp(self._sources)
        if seen == self._seen:
            return
        sources = namesources.read(self._sources)
        if sources != self.lookups.sources:
            known, are_others = self._remembered(sources)
            self.lookups.use(sources, known)
            if are_others:
                await self._said("htable.flush", heardnames.TABLE)
        self._seen = seen

    def _remembered(self, sources: tuple[NameSource, ...]) -> tuple[list[tuple[Key, Heard]], bool]:
        """What these sources said to the daemon before this one, and whether others were asked then."""
        ahead = time.monotonic() - time.time()
        try:
            are_others = self._kept.use(sources)
            found = list(self._kept.all(time.time()))
        except StoreDown as down:
            print(f"names: {down}", file=sys.stderr, flush=True)
            return [], True
        return [((one.domain, one.number), Heard(one.name, one.source, one.until + ahead)) for one in found], are_others

    def _keep(self, key: Key, heard: Heard) -> None:
        now = time.time()
        until = heard.until - time.monotonic() + now
        try:
            self._kept.keep(KeptName(*key, heard.name, heard.source, until), now)
        except StoreDown as down:
            print(f"names: {down}", file=sys.stderr, flush=True)

    def _is_known(self, domain: str, number: str) -> bool:
        """Whether a book that everybody sees, or a person of ours, is first anyway."""
        try:
            return self._directory.named(domain, number, "") is not None
        except StoreDown:
            return False

    async def _tell(self, key: Key, heard: Heard) -> None:
        if heard.name:
            value = heardnames.written(heard.source, heard.name)
            await self._said("htable.sets", heardnames.TABLE, heardnames.key(*key), value)
        else:
            await self._said("htable.delete", heardnames.TABLE, heardnames.key(*key))

    async def _said(self, *words: str) -> None:
        try:
            await asyncio.to_thread(call, self._rpc, *words)
        except RpcFailed as failed:
            if words[0] == "htable.sets":
                print(f"names: {failed}", file=sys.stderr, flush=True)


def main() -> None:
    """Run until told to stop."""
    settings = Path(sys.argv[1])
    asyncio.run(Daemon(json.loads(settings.read_text()), settings.parent).run())


if __name__ == "__main__":
    main()
