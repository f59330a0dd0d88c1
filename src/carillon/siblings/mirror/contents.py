"""What lies in one directory of sounds at two nodes, and what is to be done here so that both are the same. Pure.

A message is new, then heard, then removed, and never goes back: of two nodes the one that is further is right. Of a
greeting and an announcement the latest counts. So whichever node hears of what first, all come to the same.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from carillon.stores.gone import EVERYTHING, KEPT_NS, Gone
from carillon.stores.latest import Latest
from carillon.stores.mailboxes import is_gone

Row = dict[str, Any]
DIGEST: Final = 16
_NAME: Final = re.compile(r"[A-Za-z0-9\[][A-Za-z0-9._:\[\]-]{0,252}")


@dataclass(frozen=True, slots=True)
class Held:
    """A message: whether it was heard, and the node where it was made."""

    heard: bool
    node: str


@dataclass(frozen=True, slots=True)
class Contents:
    """A mailbox, or a domain's announcements: `messages` by id, `sounds` by name, and what is `gone` by either."""

    messages: Mapping[str, Held] = field(default_factory=dict)
    sounds: Mapping[str, Latest] = field(default_factory=dict)
    gone: Mapping[str, Gone] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """What differs when there is something to do for one of two nodes; not by where what was made."""
        told = (
            sorted((id, one.heard) for id, one in self.messages.items()),
            sorted((name, one.at, one.is_there) for name, one in self.sounds.items()),
            sorted(self.gone),
        )
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:DIGEST]

    @property
    def nodes(self) -> frozenset[str]:
        """Where messages that are or were here were made."""
        return frozenset(one.node for one in self.messages.values()) | {one.node for one in self.gone.values()}


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done here: messages (ids) and sounds (by name, made when) to fetch, what was heard, what has gone.

    `silenced` are sounds that were taken away, and when; `forgotten` is until when all was removed, 0 when that is old.
    """

    messages: tuple[str, ...] = ()
    sounds: Mapping[str, int] = field(default_factory=dict)
    heard: tuple[str, ...] = ()
    gone: Mapping[str, Gone] = field(default_factory=dict)
    silenced: Mapping[str, int] = field(default_factory=dict)
    forgotten: int = 0


def work(here: Contents, there: Contents, now: int) -> Work:
    """What a sibling is ahead with; `now` is Unix time in ns.

    What it remembers for long is news only where something of it is still here: else it would be told on for ever.
    """
    young = {name: one for name, one in there.gone.items() if now - one.at <= KEPT_NS or _concerns(name, one, here)}
    removed = {**young, **here.gone}
    forgotten = max((known[EVERYTHING].at for known in (young, here.gone) if EVERYTHING in known), default=0)
    if forgotten:
        removed[EVERYTHING] = Gone(forgotten)
    alive = {id: one for id, one in there.messages.items() if not is_gone(id, removed)}
    later = {
        name: one
        for name, one in there.sounds.items()
        if one.at > max(here.sounds.get(name, Latest()).at, forgotten)
        and (one.is_there or now - one.at <= KEPT_NS or here.sounds.get(name, Latest()).is_there)
    }
    return Work(
        messages=tuple(sorted(id for id in alive if id not in here.messages)),
        sounds={name: one.at for name, one in later.items() if one.is_there},
        heard=tuple(
            id for id, one in alive.items() if one.heard and id in here.messages and not here.messages[id].heard
        ),
        gone={id: one for id, one in young.items() if id not in here.gone and id != EVERYTHING},
        silenced={name: one.at for name, one in later.items() if not one.is_there},
        forgotten=forgotten if EVERYTHING not in here.gone or forgotten > here.gone[EVERYTHING].at else 0,
    )


def _concerns(name: str, removed: Gone, here: Contents) -> bool:
    """Whether something is here that was removed."""
    if name != EVERYTHING:
        return name in here.messages
    sounds = any(one.is_there and one.at <= removed.at for one in here.sounds.values())
    return sounds or any(is_gone(id, {name: removed}) for id in here.messages)


def holds_removed(there: Contents, here: Contents, before: int) -> bool:
    """Whether a sibling has something that was removed here before that time (Unix, in ns)."""
    removed = {name: one for name, one in here.gone.items() if one.at < before}
    if any(is_gone(id, removed) for id in there.messages):
        return True
    silent = {name: one.at for name, one in here.sounds.items() if not one.is_there and one.at < before}
    return any(one.is_there and one.at < silent.get(name, 0) for name, one in there.sounds.items())


def made_at(contents: Contents, node: str) -> Contents:
    """Of a directory what concerns a satellite that is of another site: what was left there, and that all is gone."""
    return Contents(
        {id: one for id, one in contents.messages.items() if one.node == node},
        {},
        {name: one for name, one in contents.gone.items() if name == EVERYTHING or one.node == node},
    )


def believed(there: Contents, here: Contents, node: str) -> Contents:
    """What a satellite is believed about people of another site: messages that were left there, and their removal."""

    def is_its(id: str) -> bool:
        return id not in here.messages or here.messages[id].node == node

    left = made_at(there, node)
    return Contents(
        {id: one for id, one in left.messages.items() if is_its(id)},
        {},
        {id: one for id, one in left.gone.items() if id != EVERYTHING and is_its(id)},
    )


def told(contents: Contents) -> Row:
    """As it is told."""
    return {
        "messages": [[id, one.heard, one.node] for id, one in contents.messages.items()],
        "sounds": [[name, one.at, one.is_there] for name, one in contents.sounds.items()],
        "gone": [[name, one.at, one.node] for name, one in contents.gone.items()],
    }


def read(row: Row) -> Contents:
    """What `told` has told; raises KeyError, TypeError or ValueError on anything else."""
    return Contents(
        {named(id): Held(bool(heard), str(node)) for id, heard, node in row["messages"]},
        {named(name): Latest(int(at), bool(is_there)) for name, at, is_there in row["sounds"]},
        {str(name) if name == EVERYTHING else named(name): Gone(int(at), str(node)) for name, at, node in row["gone"]},
    )


def named(name: Any) -> str:
    """A name that leads nowhere else; raises ValueError."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name")
    return name


def with_node(contents: Contents, node: str) -> Contents:
    """Here a message of our own has no node; elsewhere it has."""
    return replace(
        contents,
        messages={id: replace(one, node=one.node or node) for id, one in contents.messages.items()},
        gone={name: replace(one, node=one.node or node) for name, one in contents.gone.items()},
    )
