"""What a node answers to siblings that copy from it. Blocking."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, Final

from carillon.siblings.mirror.contents import Contents, made_at, named, told
from carillon.siblings.mirror.inventory import PROMPTS, VOICEMAIL, Inventory, Known
from carillon.siblings.mirror.people import of_branch
from carillon.siblings.settings import Branch, Peer
from carillon.stores.latest import SOUND
from carillon.stores.mailboxes import Message

CHANGED, THERE, SOUND_OF = "mirror changed", "mirror there", "mirror sound"
SENDS: Final = "it sends something else just now"
FEW: Final = 20
"""So many places are told with what is in them."""

Answer = dict[str, Any]


class Answers:
    """`directory` knows of which site people are: a satellite is told of its own, and of what was left there."""

    def __init__(self, inventory: Inventory, directory: Path) -> None:
        self._inventory, self._directory = inventory, directory

    def answered(self, peer: Peer, question: list[Any]) -> Answer:
        """What has `CHANGED` since a moment, or what is `THERE` in some places; or in `failed` why not."""
        try:
            name, *arguments = map(str, question)
            if name == CHANGED:
                run, number = arguments
                return {"told": self._changed(peer, run, int(number))}
            return {"told": [[place, told(one)] for place, one in self._some(peer, arguments).items()]}
        except (ValueError, TypeError, OSError, sqlite3.Error) as error:
            return {"failed": str(error)}

    def concerns(self, peer: Peer, places: Iterable[str]) -> bool:
        """Whether a sibling gets anything of these places. Raises sqlite3.Error."""
        if peer.branch is None:
            return True
        known = {place: one for place in places if (one := self._inventory.known(place))}
        return any(_is_partly(peer, place, one) for place, one in known.items()) or bool(
            of_branch(self._directory, known, peer.branch)
        )

    def sound(self, peer: Peer, question: list[Any]) -> tuple[Answer, BinaryIO | None]:
        """A file, opened from where it is wanted: place, name, when it was made (0 for a message), how much is there.

        `told` is how many bytes are left; a message's text is beside that.
        """
        try:
            _, place, name, at, start = map(str, question)
            if peer.branch and not self._may_have(peer, peer.branch, place, name):
                return {"failed": f"{place} is none of {peer.name}"}, None
            directory = self._inventory.directory(place)
            file = (directory / f"{named(name)}{SOUND}").open("rb")
        except (ValueError, OSError, sqlite3.Error) as error:
            return {"failed": str(error)}, None
        status = os.fstat(file.fileno())
        answer = self._head(place, directory, name, int(at), status)
        left = status.st_size - int(start)
        if answer is None or left < 0:
            file.close()
            return {"failed": f"{name} is another one now"}, None
        file.seek(int(start))
        return {"told": left, **answer}, file

    def _head(self, place: str, directory: Path, name: str, at: int, status: os.stat_result) -> Answer | None:
        """What is told beside a sound; None when it is another one than was meant."""
        if at:
            return {} if status.st_mtime_ns == at else None
        if not place.startswith(VOICEMAIL):
            return None
        message = self._inventory.mailboxes.read(directory.parent.name, directory.name, name)
        return None if message is None else {"message": text(message)}

    def _changed(self, peer: Peer, run: str, number: int) -> Answer:
        moment = self._inventory.moment  # before it is looked at: what comes meanwhile is told again
        places = self._inventory.since((run, number))
        if peer.branch is None:
            digests = {place: known.digest for place in places if (known := self._inventory.known(place))}
            few = self._some(peer, digests) if len(digests) <= FEW else {}
        else:
            few = self._some(peer, places)
            digests = {place: one.digest for place, one in few.items()}
        rows = [
            [place, digest, *([told(few[place])] if len(digests) <= FEW else [])] for place, digest in digests.items()
        ]
        return {"at": moment, "places": rows}

    def _some(self, peer: Peer, places: Any) -> dict[str, Contents]:
        known = {place: one for place in places if (one := self._inventory.known(place))}
        if peer.branch is None:
            return {place: self._inventory.contents(place) for place in known}
        whole = of_branch(self._directory, known, peer.branch)
        some = {place: self._restricted(peer, place, each, is_whole=place in whole) for place, each in known.items()}
        return {place: contents for place, contents in some.items() if contents is not None}

    def _restricted(self, peer: Peer, place: str, known: Known, *, is_whole: bool) -> Contents | None:
        """What a satellite gets of a place; None for nothing."""
        if is_whole:
            return self._inventory.contents(place)
        return made_at(self._inventory.contents(place), peer.name) if _is_partly(peer, place, known) else None

    def _may_have(self, peer: Peer, branch: Branch, place: str, name: str) -> bool:
        if place in of_branch(self._directory, [place], branch):
            return True
        held = self._inventory.contents(place).messages.get(name)
        return held is not None and held.node == peer.name


def _is_partly(peer: Peer, place: str, known: Known) -> bool:
    """Whether a satellite gets something of a place that is none of its branch."""
    return not place.startswith(PROMPTS) and (peer.name in known.nodes or known.is_forgotten)


def text(message: Message) -> Answer:
    """A message as it is told: what became of its e-mail is the business of the node where it was made."""
    row = asdict(message)
    del row["mail"]
    return row
