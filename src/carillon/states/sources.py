"""Reading what is said of people: by hand from the directory, by phones, and who is registered."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from carillon.model.forwarding import Cause
from carillon.model.presence import PresenceState
from carillon.model.target import names_service
from carillon.presence.aggregate import Said, Source
from carillon.presence.compositor import Publication
from carillon.presence.grouplamps import GROUP
from carillon.presence.panel import Member
from carillon.presence.picture import Forwards, Rule, VoiceMessages
from carillon.stores.compiled import forwarding_of, presence_of
from carillon.stores.mailboxes import Mailboxes
from carillon.stores.ports import ForwardRow, StoreDown
from carillon.stores.presencerules import RuleBook
from carillon.stores.published import Published
from carillon.stores.registrations import julian

PATIENCE_S = 1.0
_MANUAL = "SELECT domain, extension, presence FROM party WHERE presence != '' GROUP BY domain, extension"
_FORWARDING = "SELECT domain, extension, forwarding FROM party WHERE forwarding != '' GROUP BY domain, extension"
_GROUP_NUMBERS = "SELECT domain, number, service FROM party WHERE service LIKE 'group:%' ORDER BY domain, number"
_PANELS = "SELECT domain, name, people FROM panel"
_NAME = "SELECT name FROM party WHERE domain = ? AND number = ?"
_REGISTERED = "SELECT DISTINCT username, domain FROM location WHERE expires > ?"


@dataclass(frozen=True, slots=True)
class ByHand:
    """What is said by hand, by AOR, what is shown of people, by AOR, too, who is on which panel, by its address, by
    which numbers groups are watched, and to whom people forward their calls."""

    said: dict[str, tuple[Said, ...]]
    rule_of: Callable[[str], Rule]
    panels: dict[str, tuple[Member, ...]]
    group_numbers: dict[str, tuple[str, ...]]
    forwards: dict[str, Forwards] = field(default_factory=dict)


class ManualSource:
    """What is set by hand, as the directory has it; read again only when the directory has changed."""

    def __init__(self, directory: Path) -> None:
        self._uri = f"{directory.absolute().as_uri()}?mode=ro"
        self._connection: sqlite3.Connection | None = None
        self._version = -1

    def changed(self) -> ByHand | None:
        """All that is set; None when the directory has not changed. Raises StoreDown."""
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(self._uri, uri=True, isolation_level=None, timeout=PATIENCE_S)
                self._version = -1
            version = self._connection.execute("PRAGMA data_version").fetchone()[0]
            if version == self._version:
                return None
            rows = self._connection.execute(_MANUAL).fetchall()
            forwarding = self._connection.execute(_FORWARDING).fetchall()
            numbers = group_numbers(self._connection)
            rules, panels = RuleBook.read(self._connection, numbers), _panels(self._connection)
        except sqlite3.Error as error:
            self._connection = None
            raise StoreDown(f"directory: {error}") from error
        self._version = version
        said = {f"{extension}@{domain}": _said(text) for domain, extension, text in rows}
        forwards = {f"{extension}@{domain}": forwards_of(text) for domain, extension, text in forwarding}
        some = {aor: each for aor, each in forwards.items() if each != Forwards()}
        return ByHand(said, rules.rule_of, panels, numbers, some)


@lru_cache(maxsize=4096)
def forwards_of(text: str) -> Forwards:
    """What a person's phones show of his forwarding: rows for a number, without conditions."""
    plain: dict[str, ForwardRow] = {}
    for row in forwarding_of(text):
        conditions = row.presence, row.origin, row.caller, row.schedule
        if not any(conditions) and not names_service(row.targets[0]):
            plain.setdefault(row.cause, row)
    to = {cause: row.targets[0] for cause, row in plain.items()}
    late = plain.get(Cause.NO_ANSWER)
    after = late.after_s or 0 if late else 0
    return Forwards(to.get(Cause.ALWAYS, ""), to.get(Cause.BUSY, ""), to.get(Cause.NO_ANSWER, ""), after)


def group_numbers(directory: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
    """By which numbers each ring group is reached; see `grouplamps.Numbers`. Raises `sqlite3.Error`."""
    found: dict[str, tuple[str, ...]] = {}
    for domain, number, service in directory.execute(_GROUP_NUMBERS):
        group = f"{GROUP}{service.partition(':')[2]}@{domain}"
        found[group] = (*found.get(group, ()), f"{number}@{domain}")
    return found


def _panels(directory: sqlite3.Connection) -> dict[str, tuple[Member, ...]]:
    """Those whom the directory knows, by the names that it has."""
    found: dict[str, tuple[Member, ...]] = {}
    for domain, panel, people in directory.execute(_PANELS):
        rows = [(each, directory.execute(_NAME, (domain, each)).fetchone()) for each in people.split()]
        found[f"{panel}@{domain}"] = tuple(Member(each, row[0]) for each, row in rows if row)
    return found


def _said(text: str) -> tuple[Said, ...]:
    return tuple(
        Said(Source.MANUAL, PresenceState(row.state), 0.0, row.dnd, row.note, row.until) for row in presence_of(text)
    )


def published(store: Published, now: float) -> dict[str, tuple[Said, ...]]:
    """What phones say now. Raises StoreDown."""
    return by_phones(store.all(now))


def by_phones(publications: Mapping[str, tuple[Publication, ...]]) -> dict[str, tuple[Said, ...]]:
    """The same, of what was published."""
    return {
        aor: tuple(Said(Source.PHONE, each.state, each.since, False, each.note, each.until, each.tag) for each in some)
        for aor, some in publications.items()
    }


def registered(location: Path) -> frozenset[str]:
    """Everybody with a phone, a second behind the registrar. Raises StoreDown."""
    try:
        with closing(sqlite3.connect(f"{location.as_uri()}?mode=ro", uri=True, timeout=PATIENCE_S)) as opened:
            rows = opened.execute(_REGISTERED, (julian(time.time()),)).fetchall()
    except sqlite3.Error as error:
        raise StoreDown(f"registrations: {error}") from error
    return frozenset(f"{username}@{domain}" for username, domain in rows)


class VoiceSource:
    """The voice messages of everybody; a mailbox is read again only when something in it has changed."""

    def __init__(self, root: Path) -> None:
        self._mailboxes, self._root = Mailboxes(root), root
        self._seen: dict[str, tuple[int, VoiceMessages]] = {}

    def waiting(self) -> dict[str, VoiceMessages]:
        """How many wait for whom. Raises StoreDown."""
        try:
            places = [(place, place.stat().st_mtime_ns) for place in self._root.glob("*/*/")]
            self._seen = {_owner(place): self._read(place, changed) for place, changed in places}
        except OSError as error:
            raise StoreDown(f"voicemail: {error}") from error
        return {aor: voice for aor, (_, voice) in self._seen.items() if voice != VoiceMessages()}

    def _read(self, place: Path, changed: int) -> tuple[int, VoiceMessages]:
        known = self._seen.get(_owner(place))
        if known and known[0] == changed:
            return known
        messages = self._mailboxes.messages(place.parent.name, place.name)
        heard = sum(one.heard for one in messages)
        return changed, VoiceMessages(len(messages) - heard, heard)


def _owner(place: Path) -> str:
    return f"{place.name}@{place.parent.name}"
