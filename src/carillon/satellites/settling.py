"""What becomes of a change that a satellite hands over: done, lost against a later one, or refused; each once.

The change and the note that it was done are one transaction on the truth, so that whoever asks again, at this main or
at another one, is told what became of it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine

from carillon.asterisk.changes import CHANGES, KEPT
from carillon.model.change import Change, Noun, Subject
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.provisioning.changes import change_row, record_all
from carillon.provisioning.keptchanges import DONE, LOST, REFUSED, HandedOver, done_of, find, journalled_after, remember
from carillon.provisioning.places import require_user
from carillon.satellites.collision import BY_HAND, Rival, Setting, instant, setting_of, touches, winner
from carillon.satellites.person import TIMED
from carillon.stores.sql.engine import Joined, repeated, writing
from carillon.stores.sql.feed import last_position

LONGEST_WHAT = 160
LONGEST_WHO = 64


@dataclass(frozen=True, slots=True)
class Offered:
    """A change as it is handed over. Its age in seconds, where the satellite knows it surely; else when it was made.

    `waited` is whether it was kept, and didn't come at once.
    """

    id: str
    change: str
    who: str
    arguments: tuple[Any, ...]
    age_s: float | None
    at: float
    version: str
    waited: bool

    @classmethod
    def read(cls, said: dict[str, Any]) -> Offered:
        """What a satellite sent. Raises KeyError, TypeError, ValueError."""
        age = said["age_s"]
        id, change, who, version = (str(said[name]) for name in ("id", "change", "who", "version"))
        if not 16 <= len(id) <= 40:
            raise ValueError("an id has 16 to 40 characters")
        when = None if age is None else float(age), float(said["at"])
        return cls(id, change, who, tuple(said["arguments"]), *when, version, bool(said["waited"]))

    def made(self, now: float) -> float:
        """When it was made, by this main's clock, which shows `now`: never later than that."""
        return min(now, self.at if self.age_s is None else now - max(0.0, self.age_s))

    @property
    def what(self) -> str:
        """What is wanted, in words."""
        return " ".join(map(str, (self.change, *self.arguments[1:])))[:LONGEST_WHAT]


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of it; `result` is what the change returned, where it was done just now."""

    handed: HandedOver
    result: Any = None


class OutOfOrder(Exception):
    """A change came, and the one before it did not: nothing was done."""


@repeated
def settle(truth: Engine, satellite: Node, offered: Offered, previous: str, came: float | None = None) -> Settled:
    """Do one change, unless it was done. Raises OutOfOrder, and `Refused` only when nothing can be written now.

    `previous` is the id of the change before it, "" where there is none. `came` is when it came, in Unix seconds, None
    for now: it grows no younger by waiting here.
    """
    came = time.time() if came is None else came
    with writing(truth) as connection:
        known = find(connection, offered.id)
        if known is not None:
            return Settled(known)
        before = find(connection, previous) if previous else None
        if previous and before is None:
            raise OutOfOrder
        made = min(came, max(offered.made(came), before.made if before else 0.0))  # their order is surer than any clock
        return _settled(connection, satellite, offered, came, made)


def _settled(connection: Connection, satellite: Node, offered: Offered, now: float, made: float) -> Settled:
    who = f"{offered.who} by {satellite.name}"[:LONGEST_WHO]
    before = last_position(connection).sequence
    setting, outcome, why, result = _tried(connection, satellite, offered, made, who)
    if offered.waited or outcome != DONE:
        record_all(connection, [_journalled(who, setting.subject, offered.what, made, outcome, why)])
    sequence = last_position(connection).sequence
    told = (offered.id, satellite.name, made, now, offered.waited, who, offered.what, setting.subject, setting.part)
    handed = HandedOver(*told, outcome, why, before, sequence)
    remember(connection, handed)
    return Settled(handed, result)


def _tried(
    connection: Connection, satellite: Node, offered: Offered, made: float, who: str
) -> tuple[Setting, str, str, Any]:
    setting = _setting(offered)
    attempt = connection.begin_nested()
    try:
        _require_own(connection, satellite, offered)
        if rival := _rival(connection, setting, made):
            attempt.rollback()
            return setting, LOST, rival.words, None
        more = {"made": made} if offered.change in TIMED else {}
        result = CHANGES[offered.change](Joined(connection), who, *offered.arguments, **more)
    except Refused as refused:
        attempt.rollback()
        return setting, REFUSED, refused.sentence, None
    except (TypeError, ValueError, KeyError) as error:
        attempt.rollback()
        return setting, REFUSED, f"kept by Carillon {offered.version}, it isn't understood here ({error})", None
    attempt.commit()
    return setting, DONE, "", result


def _setting(offered: Offered) -> Setting:
    own, _, home = str(offered.arguments[0] if offered.arguments else "").partition("@")
    try:
        return setting_of(offered.change, home, own, offered.arguments[1:])
    except KeyError:
        return Setting(Subject(Noun.PRESENCE, home, own[:LONGEST_WHO]), BY_HAND)


def _require_own(connection: Connection, satellite: Node, offered: Offered) -> None:
    if offered.change not in KEPT or not offered.arguments:
        raise Refused("change", f"{offered.change or 'nothing'} isn't kept by satellites.")
    user = require_user(connection, "extension", str(offered.arguments[0]))
    if (user.domain, user.site) != (satellite.default_domain, satellite.site):
        raise Refused("extension", f"{offered.arguments[0]} is nobody of {satellite.site}.")


def _rival(connection: Connection, setting: Setting, made: float) -> Rival | None:
    """Who changed the same later. Raises `Refused` when the person is another one since."""
    home, own = setting.subject.domain, setting.subject.key
    kept = done_of(connection, home, own)
    at = datetime.fromtimestamp(made, UTC).isoformat(timespec="microseconds")
    since = [
        one
        for one in journalled_after(connection, at, home, own, (setting.subject.noun, Noun.USER))
        if not any(each.before < one.sequence <= each.sequence for each in kept)
    ]
    for one in since:
        if one.subject.noun is Noun.USER and one.kind != "changed":
            raise Refused("extension", f"{own} was {one.kind} by {one.who} since: this was somebody else's.")
    return winner(made, [
        *(Rival(one.who, _time(one)) for one in since if touches(one, setting)),
        *(Rival(one.who, one.made) for one in kept if (one.subject, one.part) == (setting.subject, setting.part)),
    ])  # fmt: skip


def _time(of: Change) -> float:
    return datetime.fromisoformat(of.at).timestamp()


def _journalled(who: str, of: Subject, what: str, made: float, outcome: str, why: str) -> dict[str, str | None]:
    """With the nouns that older nodes and satellites know, which follow the same journal."""
    said = {"what": what, "made": instant(made), "outcome": outcome, **({"why": why} if why else {})}
    return change_row(who, of, {}, said)
