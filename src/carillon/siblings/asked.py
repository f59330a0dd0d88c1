"""What a node answers when an administrator on another one asks: its calls, traces, recordings and messages. Blocking.

Question and answer are a line of JSON each, on a connection of siblings' (`wire`): both have shown their certificates.
Who asks for a file is told its size, and gets it behind that line (`sending`).
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from carillon.calls.ami import NoAnswer
from carillon.calls.here import calls_here
from carillon.calls.listing import LiveCall
from carillon.collector.inbox import settle
from carillon.collector.search import call_of, last_call
from carillon.recordings.index import Index, Kept
from carillon.routing.decision import TraceRow
from carillon.siblings.settings import Settings
from carillon.stores.mailboxes import Mailboxes, Message
from carillon.stores.ports import StoreDown
from carillon.stores.registrations import count_own, own_left
from carillon.stores.secretring import Ring
from carillon.stores.tracewire import Row

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Load:
    """How many phones have their home at a node, how many calls it has, and which of its components are not well."""

    phones: int | None
    calls: int | None
    ailing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """What is left at a drained node: phones, the last registration of which ends in `ends_in_s`, and calls."""

    phones: int
    ends_in_s: int
    calls: int | None

    @property
    def words(self) -> str:
        """The same in a sentence."""
        if not (self.phones or self.calls):
            return "It is empty." if self.calls == 0 else "It has no phones; its calls are not known."
        calls = "calls that are not known" if self.calls is None else _count(self.calls, "call")
        last = f"; the last registration ends in {self.ends_in_s} s at the latest" if self.phones else ""
        return f"{_count(self.phones, 'phone')} and {calls} are still there{last}."


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def answered(settings: Settings, question: list[Any], *, of_satellite: bool = False) -> Answer:
    """`told`, or in `failed` why not."""
    if of_satellite and question[:1] == ["secret"]:
        return {"failed": "it asks a main's follower for that, which knows who was removed"}
    return _tried(QUESTIONS, settings, question)


def is_of_a_file(question: list[Any]) -> bool:
    """Whether a file is asked for: `file_asked` opens it."""
    return bool(question) and question[0] in FILES


def file_asked(settings: Settings, question: list[Any]) -> tuple[Answer, BinaryIO | None]:
    """The same for a file, opened, or None; `told` is its size in bytes."""
    answer = _tried(FILES, settings, question)
    if "failed" in answer:
        return answer, None
    try:
        file = Path(answer["told"]).open("rb")  # noqa: SIM115 - who sends it closes it
    except OSError as error:
        return {"failed": str(error.strerror or error)}, None
    return {"told": Path(file.name).stat().st_size}, file


def _tried(known: dict[str, Callable[..., Any]], settings: Settings, question: list[Any]) -> Answer:
    try:
        name, *arguments = question
        return {"told": known[name](settings, *map(str, arguments))}
    except (KeyError, TypeError, ValueError):
        return {"failed": "it doesn't know that question; is it of an older version?"}
    except (NoAnswer, StoreDown, sqlite3.Error, OSError) as error:
        return {"failed": str(error)}


def _calls(settings: Settings) -> list[Answer]:
    with calls_here(settings.door, settings.rpc) as here:
        return [asdict(call) for call in here.live_calls()]


def _hang_up(settings: Settings, name: str) -> list[Answer]:
    with calls_here(settings.door, settings.rpc) as here:
        call = here.hang_up(name)
    return [asdict(call)] if call else []


def _trace(settings: Settings, name: str) -> list[Answer]:
    settle(settings.trace_socket)
    return [asdict(row) for row in call_of(settings.traces, name)]


def _last_trace(settings: Settings, aor: str) -> list[Answer]:
    settle(settings.trace_socket)
    return [asdict(row) for row in last_call(settings.traces, aor or None)]


def _recordings(settings: Settings, domain: str, extension: str) -> list[Answer]:
    return [asdict(one) for one in Index(settings.recordings).listing(domain or None, extension or None)]


def _recording(settings: Settings, id: str) -> list[Answer]:
    found = Index(settings.recordings).show(int(id))
    return [asdict(found)] if found else []


def _remove_recording(settings: Settings, id: str) -> list[Answer]:
    index = Index(settings.recordings)
    found = index.show(int(id))
    if found:
        index.remove(found)
    return [asdict(found)] if found else []


def _messages(settings: Settings, domain: str, extension: str) -> list[Answer]:
    """Those that were made here: copies are told of by the node that made them."""
    return [_row(one) for one in _those(settings, domain, extension) if not one.node]


def _row(message: Message) -> Answer:
    """As older versions read it, too."""
    row = asdict(message)
    del row["node"]
    return row


def _load(settings: Settings) -> list[Answer]:
    """What keeps a node busy, and what there is not well; a load is None of what cannot say it now."""
    homes = [peer.home for peer in settings.peers]
    try:
        phones: int | None = count_own(settings.location, homes, time.time())
    except StoreDown:
        phones = None
    return [asdict(Load(phones, _count_calls(settings), _ailing(settings)))]


def _left(settings: Settings) -> list[Answer]:
    """Beside `_load`, which older versions read."""
    phones, ends_in_s = own_left(settings.location, [peer.home for peer in settings.peers], time.time())
    return [asdict(Left(phones, ends_in_s, _count_calls(settings)))]


def _count_calls(settings: Settings) -> int | None:
    try:
        with calls_here(settings.door, settings.rpc) as here:
            return len(here.live_calls())
    except NoAnswer:
        return None


def _ailing(settings: Settings) -> tuple[str, ...]:
    try:
        return tuple(map(str, json.loads(settings.ailing.read_text())))
    except (OSError, ValueError, TypeError):
        return ()  # the follower has not looked yet


def _secret(settings: Settings) -> Answer:
    return Ring.read(settings.secrets).told(time.time())


def _remove_messages(settings: Settings, domain: str, extension: str, id: str) -> list[Answer]:
    store = Mailboxes(settings.voicemail)
    gone = [one for one in _those(settings, domain, extension) if id in ("", one.id)]
    for one in gone:
        store.remove(one)
    return [_row(one) for one in gone]


def _those(settings: Settings, domain: str, extension: str) -> list[Message]:
    """The messages of a mailbox; of all, when none is named."""
    store = Mailboxes(settings.voicemail)
    if not (domain or extension):
        return list(store.everything())
    if any(part.startswith(".") or Path(part).name != part for part in (domain, extension)):
        raise ValueError(extension)
    return store.messages(domain, extension)


def _recording_sound(settings: Settings, id: str) -> Path:
    found = Index(settings.recordings).show(int(id))
    if found is None or not found.file:
        raise FileNotFoundError(f"there is no recording {id}")
    return settings.recordings / found.file


QUESTIONS: Final[dict[str, Callable[..., Any]]] = {
    "calls": _calls,
    "hang up": _hang_up,
    "trace": _trace,
    "last trace": _last_trace,
    "recordings": _recordings,
    "recording": _recording,
    "remove recording": _remove_recording,
    "messages": _messages,
    "load": _load,
    "left": _left,
    "remove messages": _remove_messages,
    "secret": _secret,
}

FILES: Final[dict[str, Callable[..., Path]]] = {"recording sound": _recording_sound}


def call_in(told: Answer) -> LiveCall:
    """A call as it was told; raises KeyError or TypeError on anything else."""
    inbound, outbound = told["call_ids"]
    return LiveCall(**{**told, "call_ids": (inbound, outbound), "channels": tuple(told["channels"])})


def recording_in(told: Answer) -> Kept:
    """A recording as it was told; raises TypeError on anything else."""
    return Kept(**told)


def message_in(told: Answer) -> Message:
    """A voice message as it was told; raises KeyError, TypeError or ValueError on anything else."""
    return Message.of(told)


def load_in(told: Answer) -> Load:
    """A load as it was told; raises KeyError or TypeError on anything else."""
    return Load(**{**told, "ailing": tuple(told["ailing"])})


def left_in(told: Answer) -> Left:
    """What is left at a node as it was told; raises KeyError or TypeError on anything else."""
    return Left(**told)


def row_in(told: Answer) -> Row:
    """A row of a trace as it was told; raises KeyError or TypeError on anything else."""
    return Row(**{**told, "rules": tuple(TraceRow(*rule) for rule in told["rules"])})
