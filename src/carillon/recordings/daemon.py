"""`python -m carillon.recordings.daemon SETTINGS`: makes files of what was recorded, keeps and forgets them.

Everything that it has to do lies in the spool until it is done: a crash loses nothing, and does nothing twice.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from carillon.recordings.announcer import NOT_HEARD, Announcer
from carillon.recordings.index import Index, Kept
from carillon.recordings.packets import Packet, packets
from carillon.recordings.sound import write
from carillon.recordings.spool import Finished, Lost, finished, interrupted, lost
from carillon.routing.recording import Recording
from carillon.stores import recordingspool
from carillon.stores.directory import DirectoryReader
from carillon.stores.ports import StoreDown
from carillon.stores.prompts import Prompts
from carillon.system import relay
from carillon.system.pulse import beat

LOOK_S = 0.5
FORGET_S = 60.0
DAY_S = 86_400
NICENESS = 10
BEAT = 5_000
"""Packets between two signs of life: a second's work at most."""
SPARE = 50_000_000
"""Bytes that must be free on the disk: below that, nothing is made of what was recorded until there is room."""


class DiskFull(Exception):
    """There is no room for a recording."""


@dataclass
class Recorder:
    """Where it works, and how it tells Asterisk's packets from a phone's."""

    root: Path
    gateway: frozenset[str]
    ports: tuple[int, int]
    relay_pidfile: Path
    relay: tuple[str, int]
    directory: DirectoryReader
    pulse: Path
    forget_at: float = 0.0
    complaint: str = ""
    index: Index = field(init=False)

    def __post_init__(self) -> None:
        self.index = Index(self.root)

    @property
    def spool(self) -> Path:
        """What others left."""
        return self.root / "spool"

    def look(self) -> None:
        """Do all that there is to do. Raises OSError, sqlite3.Error, DiskFull, StoreDown."""
        for loss in lost(self.spool):
            self._lose(loss) if isinstance(loss, Lost) else self._set_aside(loss)
        found = [*finished(self.spool), *interrupted(self.spool, self._relay_since())]
        for broken in (one for one in found if not isinstance(one, Finished)):
            self._set_aside(broken)
        for parts in together([one for one in found if isinstance(one, Finished)]):
            if not self._goes_on(parts[0]):
                self._keep(parts)
        if time.monotonic() >= self.forget_at:
            self.forget_at = time.monotonic() + FORGET_S
            self._forget()

    def _goes_on(self, one: Finished) -> bool:
        """Whether more may come: a person has paused the recording of a call that is up."""
        return one.recording.has_key and self._is_up(one.session)

    def _is_up(self, session: str) -> bool:
        """Whether the relay carries it; while that is silent, perhaps."""
        beat(self.pulse)
        try:
            return relay.knows(self.relay, session)
        except TimeoutError:
            return True
        except OSError:  # it is down, and all that it carried is gone
            return False

    def _keep(self, parts: Sequence[Finished]) -> None:
        """One file of all parts. The first one goes last: by it a second look knows that the file was made."""
        if not self.index.has(parts[0].packets.name):
            self._require_room(sum(one.packets.stat().st_size for one in parts if one.packets.exists()))
            kept = self._made(parts)
            self.index.add(kept)
            words = f"{kept.state}{f' ({kept.why})' if kept.why else ''}: {kept.caller} to {kept.callee}"
            print(f"recordings: {words}, {kept.seconds:.0f} s", flush=True)
        for one in reversed(parts):
            one.packets.unlink(missing_ok=True)
            one.description.unlink(missing_ok=True)
            for rest in one.rests(self.spool):
                rest.unlink(missing_ok=True)

    def _made(self, parts: Sequence[Finished]) -> Kept:
        one, cut = parts[0], next((part.cut for part in parts if part.cut), "")
        sounds = [part.packets for part in parts if part.packets.exists()]
        first = next(chain.from_iterable(map(packets, sounds)), None)
        if first is None:
            why = cut or "the relay recorded no sound"
            return self._heard(one, _row(one.packets.name, one.recording, time.time(), state="lost", why=why))
        name = time.strftime("%Y-%m-%d/%H%M%S", time.localtime(first.at))
        file = Path(one.recording.domain) / f"{name}-{one.recording.key[:12]}-{one.packets.stem[-6:]}.wav"
        path = self.root / file
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        sound = self._beating(chain.from_iterable(map(packets, sounds)))
        made = write(part, sound, one.codecs, self._is_far)
        part.chmod(0o600)
        os.rename(part, path)
        why = cut or (f"{made.passed_over} packets of a codec that is not known" if made.passed_over else "")
        row = _row(one.packets.name, one.recording, first.at, state="cut" if why else "kept", why=why)
        return self._heard(one, replace(row, seconds=round(made.seconds, 2), file=str(file)))

    def _heard(self, one: Finished, row: Kept) -> Kept:
        """With what both sides were told of it."""
        if not one.recording.announce:
            return row
        return replace(row, announced=recordingspool.announced(self.spool, one.session) or NOT_HEARD)

    def _beating(self, found: Iterator[Packet]) -> Iterator[Packet]:
        """The same, with a sign of life now and then: an hour of sound takes a while."""
        for number, packet in enumerate(found):
            if number % BEAT == 0:
                beat(self.pulse)
            yield packet

    def _lose(self, loss: Lost) -> None:
        self.index.add(_row(f"lost {loss.word.stem}", loss.recording, loss.at, state="lost", why=loss.why))
        loss.word.unlink(missing_ok=True)

    def _set_aside(self, path: Path) -> None:
        print(f"recordings: nobody understands {path.name}: it is left as {path.name}.bad", flush=True)
        path.rename(path.with_name(f"{path.name}.bad"))

    def _forget(self) -> None:
        for word in (self.spool / "ready").glob("[0-9a-f]*"):
            if not self._is_up(word.name):
                word.unlink(missing_ok=True)
        for domain in self.directory.domains().values():
            if not domain.recording_days:
                continue
            for old in self.index.older(domain.name, time.time() - domain.recording_days * DAY_S):
                self.index.remove(old)
                age = f"older than {domain.recording_days} days"
                print(f"recordings: {old.id} of {old.domain} is {age}: removed", flush=True)

    def _require_room(self, size: int) -> None:
        need = 9 * size  # G.711 becomes wide and two tracks
        if shutil.disk_usage(self.root).free < need + SPARE:
            raise DiskFull(f"the disk is full: recordings wait in {self.spool}, and calls may go unrecorded")

    def _is_far(self, packet: Packet) -> bool:
        address, port = packet.source
        return address in self.gateway and self.ports[0] <= port <= self.ports[1]

    def _relay_since(self) -> float:
        """When the relay that runs began; what it has not ended is going on, what is older was cut short."""
        try:
            return self.relay_pidfile.stat().st_mtime
        except OSError:
            return 0.0


def together(found: Iterable[Finished]) -> list[tuple[Finished, ...]]:
    """What belongs to one recording, in its order; without pauses it is one each."""
    sessions: dict[str, list[Finished]] = {}
    for one in sorted(found, key=_began):
        sessions.setdefault(one.session if one.recording.has_key else one.packets.name, []).append(one)
    return [tuple(parts) for parts in sessions.values()]


def _began(one: Finished) -> float:
    first = next(packets(one.packets), None) if one.packets.exists() else None
    return first.at if first else 0.0


def _row(source: str, of: Recording, began: float, *, state: str, why: str) -> Kept:
    people = (of.caller, of.caller_name, of.callee, of.callee_name)
    told = (source, of.key, of.domain, of.rule, of.extension, *people, of.direction, began)
    return Kept(*told, state=state, why=why, on_demand=of.on_demand)


def main() -> None:
    """Run until told to stop; what fails is tried again, and said once."""
    os.umask(0o077)
    os.nice(NICENESS)
    told = json.loads(Path(sys.argv[1]).read_text())
    recorder = Recorder(
        Path(told["recordings"]),
        frozenset(told["gateway"]),
        (int(told["ports"][0]), int(told["ports"][1])),
        Path(told["relay_pidfile"]),
        (told["relay"][0], int(told["relay"][1])),
        DirectoryReader(Path(told["directory"])),
        Path(sys.argv[1]).with_name("pulse"),
    )
    announcer = Announcer(recorder.spool, recorder.relay, Prompts(Path(told["prompts"])), Path(sys.argv[1]).parent)
    announcer.begin()
    pulse, problem = recorder.pulse, Path(sys.argv[1]).with_name("problem")
    while True:
        beat(pulse)
        try:
            recorder.look()
            problem.unlink(missing_ok=True)
            recorder.complaint = ""
        except (OSError, sqlite3.Error, DiskFull, StoreDown) as failed:
            if str(failed) != recorder.complaint:
                print(f"recordings: {failed}", file=sys.stderr, flush=True)
                recorder.complaint = str(failed)
            problem.write_text(str(failed))
        time.sleep(LOOK_S)


if __name__ == "__main__":
    main()
