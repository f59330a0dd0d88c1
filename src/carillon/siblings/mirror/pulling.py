"""Hearing from one sibling what is news there, and fetching the sounds that are missing here. Blocking."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

from carillon.siblings import asking
from carillon.siblings.asking import Failed, Silent, Unkept
from carillon.siblings.mirror.agreed import Agreed
from carillon.siblings.mirror.answers import CHANGED, SENDS, SOUND_OF, THERE
from carillon.siblings.mirror.contents import Contents, Work, believed, holds_removed, read, work
from carillon.siblings.mirror.inventory import COPIES, PROMPTS, VOICEMAIL, Inventory, Moment
from carillon.siblings.mirror.people import of_branch
from carillon.siblings.settings import Peer, Settings
from carillon.stores import gone, latest
from carillon.stores.mailboxes import Mail, Message, is_gone
from carillon.stores.reserve import PLENTY

NEVER: Final[Moment] = ("", 0)
A_QUESTION: Final = 50
SETTLED_NS: Final = 3600 * 10**9
"""What was removed before has been heard of by whoever is there."""


class Busy(Exception):
    """Something is being copied from another sibling just now."""


class Underway:
    """What is being copied, from whichever sibling: nothing twice at once."""

    def __init__(self) -> None:
        self._lock, self._names = Lock(), set[str]()

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Raises Busy."""
        with self._lock:
            if name in self._names:
                raise Busy(name)
            self._names.add(name)
        try:
            yield
        finally:
            with self._lock:
                self._names.discard(name)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A sound that is missing here: made when (0 for a message), and whether its message was heard there."""

    place: str
    name: str
    at: int
    heard: bool = False


class Pulling:
    """From one sibling; `done` is until where all that it says is known here, `wanted` are sounds yet to be fetched."""

    def __init__(
        self, settings: Settings, peer: Peer, inventory: Inventory, underway: Underway, agreed: Agreed | None = None
    ) -> None:
        self._settings, self.peer, self._inventory, self._underway = settings, peer, inventory, underway
        self._agreed, self._heard_before, self._is_behind = agreed, 0, False
        self.done: Moment = NEVER
        self.wanted: dict[tuple[str, str], Wanted] = {}

    def hear(self) -> None:
        """Do all that is news, but for sounds. Raises Silent, OSError, sqlite3.Error; what came until then is done."""
        self._heard_before, self._is_behind = time.time_ns() - SETTLED_NS, False
        told = self._ask(CHANGED, self.done[0], str(self.done[1]))
        try:
            run, number = told["at"]
            rows = [(str(place), str(digest), more) for place, digest, *more in told["places"]]
            news = [(place, more) for place, digest, more in rows if self._is_news(place, digest)]
            asked = [place for place, more in news if not more]
            for place, more in news:
                if more:
                    self._take(place, read(more[0]))
            for start in range(0, len(asked), A_QUESTION):
                for place, row in self._ask(THERE, *asked[start : start + A_QUESTION]):
                    self._take(str(place), read(row))
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise Silent(f"its answer is not understood: {error!r}") from error
        if self._agreed and run != self.done[0] and not self._is_behind:  # it has told all that it has
            self._agreed.note(self.peer.name, self._heard_before)
        self.done = str(run), int(number)

    def fetch(self) -> bool:
        """Fetch a sound; whether it need not be tried again. Raises Silent, OSError; then it is wanted still."""
        one = next(iter(list(self.wanted.values())))  # the other thread adds to them
        key = one.place, one.name
        self.wanted[key] = self.wanted.pop(key)  # what fails keeps no other one waiting
        if self._is_wanted(one) and not self._copy(one):
            return False
        if self.wanted[key] == one:
            del self.wanted[key]
        return True

    def _ask(self, *question: str) -> Any:
        return asking.ask_one(self._settings.nodes, self.peer, *question, source=self._settings.listen[0])

    def _is_news(self, place: str, digest: str) -> bool:
        known = self._inventory.known(place)
        return known is None or known.digest != digest

    def _take(self, place: str, there: Contents) -> None:
        """Do what is to be done in a place."""
        here = self._inventory.contents(place)
        self._is_behind = self._is_behind or holds_removed(there, here, self._heard_before)
        if self.peer.branch and not self._is_believed(place):
            there = believed(there, here, self.peer.name)
        todo = work(here, there, time.time_ns())
        directory = self._inventory.directory(place)
        if place.startswith(VOICEMAIL):
            self._do(directory, todo)
        for name, at in todo.silenced.items():
            latest.take_away(directory, name, at)
        for name, at in todo.sounds.items():
            self.wanted[place, name] = Wanted(place, name, at)
        for id in todo.messages:
            self.wanted[place, id] = Wanted(place, id, 0, there.messages[id].heard)
        if todo != Work():
            gone.notice(self._inventory.roots[place.partition("/")[0]])

    def _is_believed(self, place: str) -> bool:
        assert self.peer.branch
        return not place.startswith(PROMPTS) and bool(of_branch(self._settings.directory, [place], self.peer.branch))

    def _do(self, directory: Path, todo: Work) -> None:
        """What was heard, and what has gone."""
        mailboxes, (domain, extension) = self._inventory.mailboxes, (directory.parent.name, directory.name)
        if todo.forgotten:
            mailboxes.forget(domain, extension, todo.forgotten)
        if todo.gone:
            mailboxes.let_go(domain, extension, todo.gone)
        for id in todo.heard:
            if (message := mailboxes.read(domain, extension, id)) is not None:
                mailboxes.change(message, heard=True)

    def _is_wanted(self, one: Wanted) -> bool:
        """Whether it has not come from another sibling, and was not removed."""
        directory = self._inventory.directory(one.place)
        if one.at:
            return latest.latest(directory, one.name).at < one.at
        message = self._inventory.mailboxes.read(directory.parent.name, directory.name, one.name)
        if message is not None and one.heard:
            self._inventory.mailboxes.change(message, heard=True)
        return message is None and not is_gone(one.name, gone.read(directory))

    def _copy(self, one: Wanted) -> bool:
        """Whether it is here now, or can't be had any more."""
        part, directory = self._part(one), self._inventory.directory(one.place)
        try:
            with self._underway.alone(f"{one.place}/{one.name}"):
                start = part.stat().st_size if part.exists() else 0
                question = SOUND_OF, one.place, one.name, str(one.at), str(start)
                answer = asking.fetch_more(
                    self._settings.nodes,
                    self.peer,
                    part,
                    *question,
                    source=self._settings.listen[0],
                    accepts=self._fits,
                )
                if one.at:
                    latest.keep(directory, one.name, part, one.at)
                else:
                    self._inventory.mailboxes.take_copy(self._message(directory, one.name, answer), part)
                gone.notice(self._inventory.roots[one.place.partition("/")[0]])
                return True
        except Busy:
            return False
        except Failed as failed:  # removed there meanwhile, or broken: the next comparison shows it
            return str(failed) != SENDS

    def _message(self, directory: Path, id: str, answer: dict[str, Any]) -> Message:
        """A copy: it is not mailed here."""
        whose = {"domain": directory.parent.name, "extension": directory.name, "id": id}
        try:
            told = answer["message"]
            return Message.of({**told, **whose, "mail": asdict(Mail()), "node": told["node"] or self.peer.name})
        except (KeyError, ValueError, TypeError) as error:
            raise Failed(f"its answer is not understood: {error!r}") from error

    def _fits(self, size: int) -> None:
        if shutil.disk_usage(self._inventory.roots[VOICEMAIL]).free < PLENTY + size:
            raise Unkept(f"the disk has less than {PLENTY // 10**6} MB free")

    def _part(self, one: Wanted) -> Path:
        """Where a sound grows until it is whole; what broke off goes on from there."""
        copies = self._inventory.roots[one.place.partition("/")[0]] / COPIES
        copies.mkdir(mode=0o700, exist_ok=True)
        return copies / hashlib.sha256(f"{one.place}/{one.name} {one.at}".encode()).hexdigest()[:32]
