"""What a watcher of a panel is told: everybody on it, or those of whom something has changed. Pure.

Each person is shown as to somebody who watches him alone: the same document, by the same rule.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from carillon.presence import dialoginfo, pidf, rlmi
from carillon.presence.picture import Picture
from carillon.presence.privacy import shown_to

MOST_BYTES: Final = 48 * 1024
"""Most phones get a NOTIFY in one datagram, of 64 KB at most; whoever has no room in it is told of by the next one."""
FIRST: Final = 2
"""CSeq of the first NOTIFY of a subscription, as the presence server counts."""
AROUND_A_PART: Final = 180
"""Bytes of the headers of a part."""


class Member(NamedTuple):
    """Somebody on a panel."""

    extension: str
    name: str


@dataclass(frozen=True, slots=True)
class Told:
    """A NOTIFY's body. `later` are members who had no room in it."""

    kind: str
    body: str
    later: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """A NOTIFY of a panel (`aor`) to a watcher, an extension: its event, its CSeq, and a `boundary` that is in nobody's
    name. `changed` are the extensions of whom to tell, None for everybody."""

    aor: str
    event: str
    watcher: str
    sequence: int
    boundary: str
    changed: Collection[str] | None = None


def write(notice: Notice, members: Iterable[Member], picture_of: Callable[[str], Picture]) -> Told:
    """The body for a watcher. `picture_of` knows people by their address of record.

    Whoever has left the panel is not told of any more: the next full list shows it.
    """
    name, _, domain = notice.aor.partition("@")
    full = notice.changed is None
    told = [each for each in members if notice.changed is None or each.extension in notice.changed]
    parts = [_part(notice, each, domain, picture_of(f"{each.extension}@{domain}")) for each in told]
    lines = [
        rlmi.Resource(f"sip:{each.extension}@{domain}", each.name, part.id)
        for each, part in zip(told, parts, strict=True)
    ]
    fitting = _fitting(lines, parts, full=full)
    unsaid = [replace(each, part="") for each in lines[fitting:]] if full else []
    listed = rlmi.write(f"sip:{notice.aor}", name, lines[:fitting] + unsaid, notice.sequence - FIRST, full=full)
    first = rlmi.Part(f"list@{notice.boundary}", rlmi.TYPE, listed)
    kind, body = rlmi.related(first, parts[:fitting], notice.boundary)
    return Told(kind, body, tuple(each.extension for each in told[fitting:]))


def _fitting(lines: Sequence[rlmi.Resource], parts: Sequence[rlmi.Part], *, full: bool) -> int:
    """How many of them have room in one NOTIFY, one at least; a full list has a line for everybody."""
    sizes = [len(rlmi.line(each).encode()) for each in lines]
    room = MOST_BYTES - (sum(sizes) if full else 0)
    for place, (size, part) in enumerate(zip(sizes, parts, strict=True)):
        room -= len(part.body.encode()) + AROUND_A_PART + (0 if full else size)
        if room < 0 and place > 0:
            return place
    return len(parts)


def _part(notice: Notice, member: Member, domain: str, picture: Picture) -> rlmi.Part:
    entity = f"sip:{member.extension}@{domain}"
    shown = shown_to(notice.watcher, member.extension, picture)
    id = f"{member.extension}@{notice.boundary}"
    if notice.event == "presence":
        return rlmi.Part(id, pidf.TYPE, pidf.write(entity, shown))
    return rlmi.Part(id, dialoginfo.TYPE, dialoginfo.write(entity, shown, notice.sequence))


def to_text(members: Iterable[Member]) -> str:
    """For a store."""
    return json.dumps(list(members), separators=(",", ":"))


def parse(text: str) -> tuple[Member, ...]:
    """What `to_text` wrote; raises TypeError or ValueError on anything else."""
    return tuple(Member(*each) for each in json.loads(text))
