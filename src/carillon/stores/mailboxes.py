"""Voice messages on disk: a sound and a small text each, by domain and extension. A message is there when its text is.

The services write; the command line reads, and removes; the daemon `siblings` keeps copies of what lies on other nodes.
"""

from __future__ import annotations

import calendar
import json
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from carillon.stores import gone, latest
from carillon.stores.gone import EVERYTHING, Gone

DRAFTS = "drafts"
GREETINGS = ("unavailable", "busy")
HEADER, BYTES_A_SECOND = 44, 16000
"""Of what Asterisk writes: 8,000 samples of 16 bits a second."""
SOUND, TEXT = ".wav", ".json"


class MailState(StrEnum):
    """What became of a message's e-mail."""

    NONE = "none"
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Mail:
    """The e-mail with a message. `due` is when it is tried next (Unix seconds), `error` why it did not go."""

    state: MailState = MailState.NONE
    to: str = ""
    tries: int = 0
    due: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A message for a mailbox: who left it (number and name), when (Unix seconds), and how long it is.

    `node` is where it was made, of a copy; "" of one that was made here: only that is mailed.
    """

    domain: str
    extension: str
    id: str
    caller: str
    name: str
    at: float
    seconds: float = 0.0
    heard: bool = False
    mail: Mail = Mail()
    node: str = ""

    @classmethod
    def of(cls, values: dict[str, Any]) -> Message:
        """What `asdict` made of a message; raises KeyError, TypeError or ValueError on anything else."""
        mail = values["mail"]
        return cls(**{**values, "mail": Mail(**{**mail, "state": MailState(mail["state"])})})


class Mailboxes:
    """The messages below a directory, which is made when it is missing."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def begin(self, domain: str, extension: str, caller: str, name: str) -> Message:
        """A message that is about to be recorded, to `draft_sound`; what is left of it after a crash is found again."""
        now = time.time()
        moment = time.strftime("%Y%m%d%H%M%S", time.gmtime(now))
        new = Message(domain, extension, f"{moment}-{secrets.token_hex(3)}", caller, name, now)
        drafts = self.root / DRAFTS
        drafts.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(drafts / f"{new.id}{TEXT}", _as_text(new))
        return new

    def draft_sound(self, message: Message) -> Path:
        """Where the sound of a new message is recorded."""
        return self.root / DRAFTS / f"{message.id}{SOUND}"

    def deliver(self, draft: Message, mail: Mail, shortest_s: float) -> Message | None:
        """Put a recorded message into its mailbox; None, and forgotten, when there is nothing on it."""
        sound, place = self.draft_sound(draft), self._place(draft)
        seconds = length_s(sound if sound.exists() else place.with_suffix(SOUND))
        if seconds < shortest_s:
            self.drop(draft)
            return None
        done = replace(draft, seconds=seconds, mail=mail)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if sound.exists():
            mend(sound)
            gone.sync(sound)
            sound.replace(place.with_suffix(SOUND))
        self.write(done)
        self.drop(draft)
        gone.notice(self.root)
        return done

    def drop(self, draft: Message) -> None:
        """Forget a draft."""
        for suffix in (SOUND, TEXT):
            (self.root / DRAFTS / f"{draft.id}{suffix}").unlink(missing_ok=True)

    def drafts(self) -> list[Message]:
        """What a crash has left."""
        return list(_read_all(self.root / DRAFTS))

    def messages(self, domain: str, extension: str) -> list[Message]:
        """The messages of a mailbox, the oldest first."""
        return sorted(_read_all(self.root / domain / extension), key=lambda one: (one.at, one.id))

    def everything(self) -> Iterator[Message]:
        """The messages of all mailboxes, by domain and extension."""
        for place in sorted(self.root.glob("*/*/")):
            if place.parent.name != DRAFTS:
                yield from self.messages(place.parent.name, place.name)

    def sound(self, message: Message) -> Path:
        """The file that holds what was said."""
        return self._place(message).with_suffix(SOUND)

    def write(self, message: Message) -> None:
        """Keep what is known of a message, by rename and on disk."""
        _write(self._place(message).with_suffix(TEXT), _as_text(message))

    def change(self, message: Message, *, heard: bool | None = None, mail: Mail | None = None) -> bool:
        """Keep what has become of a message, beside what others change of it; whether that is news. Raises OSError."""
        with gone.alone(self._place(message).parent):
            before = self.read(message.domain, message.extension, message.id)
            if before is None:  # removed meanwhile
                return False
            after = replace(before, heard=before.heard or bool(heard), mail=before.mail if mail is None else mail)
            if after != before:
                self.write(after)
        gone.notice(self.root)
        return after != before

    def read(self, domain: str, extension: str, id: str) -> Message | None:
        """One message; None when it is not there."""
        return _read(self.root / domain / extension / f"{id}{TEXT}")

    def is_there(self, message: Message) -> bool:
        """Whether nobody has removed it."""
        return self._place(message).with_suffix(TEXT).exists()

    def remove(self, message: Message) -> None:
        """Remove a message, here and, by what is remembered of it, everywhere."""
        with suppress(
            OSError
        ):  # without any room on the disk it is removed all the same, until a sibling brings it back
            self.let_go(message.domain, message.extension, {message.id: Gone(time.time_ns(), message.node)})

    def let_go(self, domain: str, extension: str, ids: Mapping[str, Gone]) -> None:
        """Remove messages, by their ids, and remember that; also of some that are not here. Raises OSError."""
        place = self.root / domain / extension
        with gone.alone(place):
            try:
                gone.add(place, ids)
            except OSError:  # a full disk: room is made first
                _unlink(place, ids)
                gone.add(place, ids)
            _unlink(place, ids)
        gone.notice(self.root)

    def drop_copy(self, message: Message) -> None:
        """Forget a copy, which others keep."""
        with gone.alone(self._place(message).parent):
            _unlink(self._place(message).parent, [message.id])

    def take_copy(self, message: Message, sound: Path) -> bool:
        """Keep what was made on another node, and its sound; whether that is news. Raises OSError."""
        place = self._place(message)
        with gone.alone(place.parent):
            if self.is_there(message) or is_gone(message.id, gone.read(place.parent)):
                sound.unlink(missing_ok=True)
                return False
            sound.chmod(0o600)
            gone.sync(sound)
            sound.replace(place.with_suffix(SOUND))
            self.write(message)
        gone.notice(self.root)
        return True

    def forget(self, domain: str, extension: str, at: int | None = None) -> int:
        """Remove a mailbox with its greetings, all that was made until now, or `at`; returns how many messages went."""
        if not self.root.is_dir():  # this system was never up
            return 0
        place = self.root / domain / extension
        until = time.time_ns() if at is None else at
        went = [one for one in self.messages(domain, extension) if at is None or made_ns(one.id) <= until]
        with gone.alone(place):
            with suppress(OSError):  # a full disk: removed it is all the same
                gone.add(place, {EVERYTHING: Gone(until), **{one.id: Gone(until, one.node) for one in went}})
            _unlink(place, [one.id for one in went])
            for kind in GREETINGS:
                if not latest.latest(place, _greeting(kind)).is_there:
                    self.greeting(domain, extension, kind).unlink(missing_ok=True)
        gone.notice(self.root)
        return len(went)

    def keep_greeting(self, domain: str, extension: str, kind: str, fresh: Path) -> None:
        """A new greeting of a mailbox: a file of what was just spoken. Raises OSError."""
        latest.keep(self.root / domain / extension, _greeting(kind), fresh)
        gone.notice(self.root)

    def remove_greeting(self, domain: str, extension: str, kind: str) -> None:
        """Take a mailbox's own greeting away. Raises OSError."""
        latest.take_away(self.root / domain / extension, _greeting(kind))
        gone.notice(self.root)

    def greeting(self, domain: str, extension: str, kind: str) -> Path:
        """The file of a mailbox's own greeting, one of `GREETINGS`; it need not be there."""
        return self.root / domain / extension / f"{_greeting(kind)}{SOUND}"

    def _place(self, message: Message) -> Path:
        return self.root / message.domain / message.extension / message.id


def made_ns(id: str) -> int:
    """When a message was made, to the second, by its id (Unix time in ns); 0 for what is no id."""
    try:
        return calendar.timegm(time.strptime(id.partition("-")[0], "%Y%m%d%H%M%S")) * 10**9
    except ValueError:
        return 0


def is_gone(id: str, known: Mapping[str, Gone]) -> bool:
    """Whether a message was removed, by what is known of its mailbox."""
    return id in known or (EVERYTHING in known and made_ns(id) <= known[EVERYTHING].at)


def length_s(sound: Path) -> float:
    """How long a recording is, by the size of its file: a crash leaves a header that says nothing."""
    try:
        return max(sound.stat().st_size - HEADER, 0) / BYTES_A_SECOND
    except OSError:
        return 0.0


def mend(sound: Path) -> None:
    """Let the header of a recording say how much there is."""
    size = sound.stat().st_size
    with sound.open("r+b") as file:
        for place, length in ((4, size - 8), (HEADER - 4, size - HEADER)):
            file.seek(place)
            file.write(length.to_bytes(4, "little"))


def _greeting(kind: str) -> str:
    return f"greeting-{kind}"


def _unlink(place: Path, ids: Iterable[str]) -> None:
    for id in ids:
        for suffix in (TEXT, SOUND):
            (place / f"{id}{suffix}").unlink(missing_ok=True)


def _read_all(place: Path) -> Iterator[Message]:
    return (found for file in place.glob(f"*{TEXT}") if (found := _read(file)) is not None)


def _read(file: Path) -> Message | None:
    try:
        return Message.of(json.loads(file.read_text()))
    except (OSError, ValueError, TypeError, KeyError):  # removed meanwhile, or not ours
        return None


def _as_text(of: Message) -> str:
    """Of what was made here, as older versions read it, too."""
    told = asdict(of)
    if not of.node:
        del told["node"]
    return json.dumps(told, ensure_ascii=False)


_write = gone.write
