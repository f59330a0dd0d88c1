"""What a node tells its siblings of its phones, and which of it is news to them. Pure.

Times go as ages and seconds left, so that clocks need not agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields, replace
from operator import attrgetter

from carillon.stores.registrationjournal import Binding

CLOSE_S = 2
"""Registrations so close together can't be told apart by their times, which are whole seconds of two clocks."""

Row = list[str | int]


@dataclass(frozen=True, slots=True)
class News:
    """What is to be done with the contacts of an address of record: stored, and removed."""

    stored: tuple[Binding, ...] = ()
    removed: tuple[str, ...] = ()


def rows(bindings: Iterable[Binding], now: int) -> list[Row]:
    """Contacts as they are told: `expires` becomes the seconds that are left, `modified` the age."""
    return [list(astuple(replace(one, expires=one.expires - now, modified=now - one.modified))) for one in bindings]


def read(told: Iterable[Row], now: int) -> tuple[Binding, ...]:
    """The contacts that `rows` has written, by our own clock; raises TypeError or ValueError on anything else."""
    made: Callable[..., Binding] = Binding
    found = (made(*row) for row in told)
    placed = tuple(replace(one, expires=now + int(one.expires), modified=now - int(one.modified)) for one in found)
    if not all(isinstance(one.contact, str) and isinstance(one.received, str) for one in placed):
        raise ValueError("a contact is no text")
    return placed


def own(bindings: Iterable[Binding], homes: frozenset[str], socket: str | None = None) -> tuple[Binding, ...]:
    """Those that have their home here: reached by themselves, and not through one of the siblings' URIs (`homes`).

    Nor is what is reached by the `socket` for siblings, whose home has left the system.
    """
    return tuple(one for one in bindings if one.received not in homes and one.socket != socket)


def are_same(kept: Sequence[Binding], known: Sequence[Binding]) -> bool:
    """Whether the file of registrations says of somebody's contacts what Kamailio has said.

    Their ages apart: in the file, they may be those of a second before.
    """
    return kept == known or [*map(_but_age, kept)] == [*map(_but_age, known)]


_but_age = attrgetter(*(one.name for one in fields(Binding) if one.name != "modified"))


def news(told: Iterable[Binding], here: Iterable[Binding], home: str, now: int) -> News:
    """What changes here when the node that is reached by `home` says what contacts of its own there are.

    A contact that is another's, or ours, moves to who had the newest REGISTER of it. What that node no longer has is
    removed; what has its home elsewhere is not its business.
    """
    told, here = tuple(told), tuple(here)
    stored = tuple(one for one in told if one.expires > now and _is_news(one, here, home))
    theirs = (one for one in here if one.received == home)
    return News(stored, tuple(one.contact for one in theirs if not any(_is_same(one, each) for each in told)))


def doubtful(
    told: Mapping[str, tuple[Binding, ...]], kept: Mapping[str, tuple[Binding, ...]], home: str, now: int
) -> tuple[str, ...]:
    """Whose contacts at the node that is reached by `home` are others in the file of registrations than it says."""
    there = {
        aor: mine for aor, all_of_it in kept.items() if (mine := [one for one in all_of_it if one.received == home])
    }
    return tuple(
        aor for aor in {**there, **told} if _registers(told.get(aor, ()), now) != _registers(there.get(aor, ()), now)
    )


def _registers(contacts: Iterable[Binding], now: int) -> set[tuple[str, str, int]]:
    return {(one.contact, one.call_id, one.cseq) for one in contacts if one.expires > now}


def _is_news(one: Binding, here: Iterable[Binding], home: str) -> bool:
    known = next((each for each in here if _is_same(one, each)), None)
    if known is None:
        return True
    if known.received == home:  # of one and the same REGISTER Kamailio takes no second copy
        return (known.call_id, known.cseq) != (one.call_id, one.cseq)
    if known.call_id == one.call_id:
        return one.cseq > known.cseq
    if abs(one.modified - known.modified) > CLOSE_S:
        return one.modified > known.modified
    return one.call_id > known.call_id  # both nodes must choose the same one, and the phone is at both for now


def _is_same(one: Binding, other: Binding) -> bool:
    """The same contact, or the same flow of the same device (RFC 5626 §6)."""
    flow = one.instance, one.reg_id
    return one.contact == other.contact or (bool(one.reg_id) and flow == (other.instance, other.reg_id))
