"""What lies in the directories of voice messages and announcements: which of them changed, counted for siblings."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from carillon.siblings.mirror.contents import Contents, Held, named, with_node
from carillon.stores import gone
from carillon.stores.gone import EVERYTHING
from carillon.stores.latest import SOUND, latest
from carillon.stores.mailboxes import GREETINGS, Mailboxes, is_gone

SCAN_S: Final = 60.0
"""How often all directories are looked at, for what nobody has noticed."""
PRUNE_S: Final = 3600.0
SETTLED_NS: Final = 10**9
"""A directory that changed so lately is read again: its time has steps, and its files may change hands."""
OLD_S: Final = 86400.0
"""What broke off so long ago and did not go on is wanted no more."""
COPIES: Final = ".copies"
VOICEMAIL, PROMPTS = "voicemail", "prompts"

Moment = tuple[str, int]
"""A run of the daemon, and how many changes it has counted."""


@dataclass(frozen=True, slots=True)
class Known:
    """A directory: its own time, what it held then (`Contents.digest`, `nodes`), and the count of its last change."""

    changed: int
    digest: str
    nodes: frozenset[str]
    is_forgotten: bool
    number: int
    has_copies: bool


class Inventory:
    """Places are named `voicemail/example.org/102` and `prompts/example.org`; `node` is this node's name."""

    def __init__(self, voicemail: Path, prompts: Path, node: str) -> None:
        self.mailboxes, self._node = Mailboxes(voicemail), node
        self.roots = {VOICEMAIL: voicemail, PROMPTS: prompts}
        self._run, self._number = secrets.token_hex(4), 0
        self._known: dict[str, Known] = {}
        self._times: list[int] = []
        self._scan_at = self._prune_at = 0.0

    @property
    def moment(self) -> Moment:
        """Where it is."""
        return self._run, self._number

    def look(self) -> bool:
        """Read again what has changed; whether anything is other than it was. Raises OSError, when all is read."""
        times, before = [_changed(root) for root in self.roots.values()], self._number
        if times == self._times and time.monotonic() < self._scan_at:
            return False
        self._times, self._scan_at = times, time.monotonic() + SCAN_S
        problems: list[OSError] = []
        for place, changed in list(self._places()):
            try:
                self._look_at(place, changed)
            except OSError as error:
                problems.append(error)
            except (ValueError, TypeError):  # nothing of ours
                continue
        if problems:
            raise problems[0]
        return self._number != before

    def since(self, moment: Moment) -> list[str]:
        """Which places have changed since then; all for one of another run."""
        run, number = moment
        known = list(self._known.items())
        return [place for place, one in known if one.number > number or run != self._run]

    def copied(self) -> list[str]:
        """Where copies are."""
        return [place for place, one in list(self._known.items()) if one.has_copies]

    def known(self, place: str) -> Known | None:
        """What was last seen of a place."""
        return self._known.get(place)

    def directory(self, place: str) -> Path:
        """Where a place is; raises ValueError for what is none."""
        root, *parts = place.split("/")
        if root not in self.roots or len(parts) != (2 if root == VOICEMAIL else 1):
            raise ValueError(f"{place} is no place")
        return self.roots[root].joinpath(*map(named, parts))

    def contents(self, place: str) -> Contents:
        """What is in a place now. Raises ValueError."""
        directory = self.directory(place)
        removed = gone.read(directory)
        if place.startswith(VOICEMAIL):
            messages = self.mailboxes.messages(directory.parent.name, directory.name)
            names = {f"greeting-{kind}" for kind in GREETINGS}
            held = {one.id: Held(one.heard, one.node) for one in messages if not is_gone(one.id, removed)}
        else:
            held, names = {}, {file.stem for file in directory.glob(f"*{SOUND}")} | removed.keys() - {EVERYTHING}
        sounds = {name: sound for name in names if (sound := latest(directory, name, removed)).at}
        ids = {name: one for name, one in removed.items() if name not in names}
        return with_node(Contents(held, sounds, ids), self._node)

    def _places(self) -> Iterator[tuple[str, int]]:
        """All that there are, and when each has changed."""
        for domain in _directories(self.roots[VOICEMAIL]):
            for mailbox in _directories(domain):
                yield f"{VOICEMAIL}/{domain.name}/{mailbox.name}", mailbox.stat().st_ctime_ns
        for domain in _directories(self.roots[PROMPTS]):
            yield f"{PROMPTS}/{domain.name}", domain.stat().st_ctime_ns

    def _look_at(self, place: str, changed: int) -> None:
        known = self._known.get(place)
        if known and known.changed == changed:
            return
        unsettled = 0 <= time.time_ns() - changed < SETTLED_NS
        if unsettled:
            self._scan_at = 0.0
        self._finish(place)
        now = self.contents(place)
        if known is None or known.digest != now.digest:
            self._number += 1
            number = self._number
        else:
            number = known.number
        is_forgotten = EVERYTHING in now.gone
        has_copies = any(one.node != self._node for one in now.messages.values())
        settled = 0 if unsettled else changed
        self._known[place] = Known(settled, now.digest, now.nodes, is_forgotten, number, has_copies)

    def _finish(self, place: str) -> None:
        """Who removed something may have died in the midst; and what is old enough is forgotten."""
        directory = self.directory(place)
        removed = gone.read(directory)
        if place.startswith(VOICEMAIL):
            for one in self.mailboxes.messages(directory.parent.name, directory.name):
                if is_gone(one.id, removed):
                    self.mailboxes.drop_copy(one)

    def prune(self, heard_until: int | None = None) -> None:
        """Forget, once an hour, what was removed long ago, as all siblings have heard, and what broke off."""
        if time.monotonic() < self._prune_at:
            return
        self._prune_at = time.monotonic() + PRUNE_S
        for place in list(self._known):
            with suppress(OSError):
                gone.prune(self.directory(place), time.time_ns(), heard_until)
        for root in self.roots.values():
            for part in (root / COPIES).glob("*"):
                with suppress(OSError):
                    if time.time() - part.stat().st_mtime > OLD_S:
                        part.unlink()


def _directories(place: Path | os.DirEntry[str]) -> Iterator[os.DirEntry[str]]:
    with os.scandir(place) as entries:
        yield from (one for one in entries if not one.name.startswith(".") and one.is_dir(follow_symlinks=False))


def _changed(place: Path) -> int:
    try:
        return place.stat().st_ctime_ns
    except OSError:
        return 0
