"""What somebody at a branch changes: done by a main, or kept here until one can; either way it counts for calls here.

It has an id from the beginning: when an answer is lost, it is kept and handed over later, and done once all the same.
"""

from __future__ import annotations

import pwd
import sqlite3
import sys
from contextlib import closing
from typing import Any, Final

from carillon.follower.report import Report
from carillon.model.refused import Refused
from carillon.provisioning.keptchanges import DONE
from carillon.satellites import upon
from carillon.satellites.handing import NotTaken, offer
from carillon.satellites.kept import Journal, Kept
from carillon.satellites.person import Person
from carillon.stores.ports import StoreDown
from carillon.supervision.waiting import comes_true
from carillon.system.paths import SERVICE_USER, SystemPaths

IN_FORCE_S: Final = 5.0
PATIENCE_S: Final = 3.0
"""No further main is asked after this: somebody waits at his phone."""


def does(paths: SystemPaths, change: str, who: str, arguments: list[Any]) -> Any:
    """Have it done by a main, or keep it; what the change returns. Raises `Refused`: then it counts nowhere."""
    journal, new = Journal(paths.kept_changes), Kept.new(paths.mains_clock, change, who, arguments)
    if _is_cut_off(paths) or _waits(journal):
        return _keeps(paths, journal, new)
    try:
        (outcome,) = offer(paths, [new], "", waited=False, patience_s=PATIENCE_S)["outcomes"]
    except (NotTaken, ValueError):  # an answer that says nothing of it is none
        return _keeps(paths, journal, new)
    if outcome["outcome"] != DONE:
        raise Refused("change", outcome["why"])
    comes_true(lambda: _reached(paths) >= outcome["sequence"], IN_FORCE_S)
    return outcome["result"]


def _is_cut_off(paths: SystemPaths) -> bool:
    known = Report.read(paths.follower_report)
    return known is not None and known.away_since is not None


def _waits(journal: Journal) -> bool:
    """Whether others come first. Where that can't be read, a main may still do it."""
    try:
        return bool(journal.waiting())
    except StoreDown as down:
        print(f"kept: {down}", file=sys.stderr, flush=True)
        return False


def _reached(paths: SystemPaths) -> int:
    report = Report.read(paths.follower_report)
    return report.sequence if report else 0


def _keeps(paths: SystemPaths, journal: Journal, new: Kept) -> Any:
    """Whatever a main would refuse is refused here, before anything is kept."""
    with closing(sqlite3.connect(f"{paths.run_directory.as_uri()}?mode=ro", uri=True)) as directory:
        result = Person(directory, new.person).does(new)
    journal.append(new)
    try:
        upon.renew(paths, pwd.getpwnam(SERVICE_USER).pw_uid, new.person)
    except (sqlite3.Error, OSError, StoreDown) as error:
        journal.forget(new.id)
        raise Refused("disk", f"it can't be put in force here ({error}): nothing was changed.") from error
    print(f"kept: {new.what} of {new.person}, until a main can do it", file=sys.stderr, flush=True)
    return result
