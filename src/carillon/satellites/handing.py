"""A satellite hands over what it kept: to the first main that takes it, in its order, until all is answered for.

Each has an id that mains remember. So it may be asked again, of any main, whatever became of the link or of an answer.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

from carillon.follower.report import Report
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.provisioning.system import other_mains
from carillon.satellites import upon
from carillon.satellites.asking import answered, opened
from carillon.satellites.kept import Journal, Kept
from carillon.satellites.moments import Moment
from carillon.satellites.receiving import MOST, OUT_OF_ORDER, PATH
from carillon.system import whole
from carillon.system.paths import SystemPaths

IN_FORCE_S: Final = 60.0
"""What isn't in force here so long after it was answered for is asked again: a main may be of an older backup."""
Outcome = dict[str, Any]


class NotTaken(Exception):
    """No main has taken it; why, in words."""


def hand_over(paths: SystemPaths, owner_uid: int) -> None:
    """Hand over all that waits, forget what is in force here. Raises NotTaken, StoreDown, OSError, sqlite3.Error."""
    journal = Journal(paths.kept_changes)
    _forget(paths, journal, owner_uid)
    while waiting := journal.waiting()[:MOST]:
        before = [one for one in journal.all() if one.sequence is not None]
        said = offer(paths, waiting, before[-1].id if before else "")
        sequences = [(str(one["id"]), int(one["sequence"])) for one in said["outcomes"]]
        journal.handed(sequences, time.time())
        _log(waiting, said["outcomes"])
        if said["stopped"] == OUT_OF_ORDER and before:
            journal.wait_again(float("inf"))
        elif said["stopped"] or not sequences:
            raise NotTaken(said["stopped"] or "the answer is empty")


def _forget(paths: SystemPaths, journal: Journal, owner_uid: int) -> None:
    """What is in force here is no more laid upon it, but is there."""
    answered = [one for one in journal.all() if one.sequence is not None]
    report = Report.read(paths.follower_report) or Report()
    reached = [one.id for one in answered if one.sequence is not None and one.sequence <= report.sequence]
    if reached:
        journal.forget(*reached)
        upon.renew(paths, owner_uid)
    elif answered and report.away_since is None:
        journal.wait_again(time.time() - IN_FORCE_S)


def offer(
    paths: SystemPaths, changes: Sequence[Kept], previous: str, *, waited: bool = True, patience_s: float = 60.0
) -> Outcome:
    """What the first main says that answers. Raises NotTaken."""
    said, until = list[str](), time.monotonic() + patience_s
    for main in other_mains(paths):
        if time.monotonic() > until:
            break
        try:
            return _asked(main, paths.cluster, lambda: _written(changes, previous, waited))
        except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
            words = "says nothing" if isinstance(error, TimeoutError) else str(error)
            said.append(f"{main.name} ({main.address}): {words}")
        except Refused as refused:
            said.append(f"{main.name} ({main.address}): {refused.sentence}")
    raise NotTaken("; ".join(said) or "no main is known")


def _written(changes: Sequence[Kept], previous: str, waited: bool) -> str:
    """At the last moment: their age is that of now."""
    now = Moment.now()
    told = [
        {
            **{name: getattr(one, name) for name in ("id", "change", "who", "arguments", "at", "version")},
            "age_s": one.made.age_at(now),
            "waited": waited,
        }
        for one in changes
    ]
    return json.dumps({"previous": previous, "changes": told})


def _asked(main: Node, nodes: Path, question: Callable[[], str]) -> Outcome:
    """The question is written when the main is there to hear it."""
    connection = opened(main, nodes)
    _, answer = answered(connection, PATH, question())
    if "refused" in answer:
        raise Refused(*answer["refused"])
    return {"outcomes": [{**one} for one in answer["outcomes"]], "stopped": str(answer["stopped"])}


def _log(changes: Sequence[Kept], outcomes: Sequence[Outcome]) -> None:
    by_id = {one.id: one for one in changes}
    for outcome in outcomes:
        kept = by_id.get(str(outcome["id"]))
        if kept is not None:
            why = f": {outcome['why']}" if outcome["why"] else ""
            print(f"kept: {kept.what} of {kept.person} was {outcome['outcome']}{why}", file=sys.stderr, flush=True)


def note(paths: SystemPaths, words: str) -> None:
    """Say for `status` why nothing can be handed over; "" when it can."""
    with suppress(OSError):
        if words:
            whole.write(paths.handing_over, words)
        else:
            paths.handing_over.unlink(missing_ok=True)
