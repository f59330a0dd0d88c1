"""Voice messages on disk: a sound and a small text each, by domain and extension. A message is there when its text is.

The services write; the command line reads, and removes.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

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
    """A message for a mailbox: who left it (number and name), when (Unix seconds), and how long it is."""

    domain: str
    extension: str
    id: str
    caller: str
    name: str
    at: float
    seconds: float = 0.0
    heard: bool = False
    mail: Mail = Mail()

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
            sound.replace(place.with_suffix(SOUND))
        self.write(done)
        self.drop(draft)
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

    def is_there(self, message: Message) -> bool:
        """Whether nobody has removed it."""
        return self._place(message).with_suffix(TEXT).exists()

    def remove(self, message: Message) -> None:
        """Remove a message."""
        for suffix in (TEXT, SOUND):
            self._place(message).with_suffix(suffix).unlink(missing_ok=True)

    def forget(self, domain: str, extension: str) -> int:
        """Remove a mailbox with its greetings; returns how many messages went."""
        count = len(self.messages(domain, extension))
        place = self.root / domain / extension
        for file in place.glob("*"):
            file.unlink(missing_ok=True)
        if place.is_dir():
            place.rmdir()
        return count

    def greeting(self, domain: str, extension: str, kind: str) -> Path:
        """The file of a mailbox's own greeting, one of `GREETINGS`; it need not be there."""
        return self.root / domain / extension / f"greeting-{kind}{SOUND}"

    def _place(self, message: Message) -> Path:
        return self.root / message.domain / message.extension / message.id


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


def _read_all(place: Path) -> Iterator[Message]:
    for file in place.glob(f"*{TEXT}"):
        try:
            yield Message.of(json.loads(file.read_text()))
        except (OSError, ValueError, TypeError, KeyError):  # removed meanwhile, or not ours
            continue


def _as_text(of: Message) -> str:
    return json.dumps(asdict(of), ensure_ascii=False)


def _write(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    with fresh.open("w") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
