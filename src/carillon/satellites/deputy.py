"""What a phone at a branch changes or asks is done on a main, in the name of its person. Both ends of that.

A satellite is believed about people of its own branch, since it lets in their phones, and about nobody else.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from http.client import HTTPException
from typing import Any, Final

from carillon.asterisk.changes import CHANGES, KEPT, QUESTIONS
from carillon.follower.report import Report
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.provisioning import users
from carillon.provisioning.system import follow_truth, open_truth, other_mains, put_in_force
from carillon.satellites import keeping
from carillon.satellites.asking import answered, opened
from carillon.stores.sql.engine import Busy, DatabaseAway, reading
from carillon.stores.sql.feed import last_position
from carillon.supervision.waiting import comes_true
from carillon.system.paths import SystemPaths

PATH: Final = "/office"
IN_FORCE_S: Final = 5.0
OF_A_PERSON: Final = frozenset(CHANGES) - {
    *("callback claim", "callback taken", "callback missed", "callback again"),
}
"""Their first argument is whose they are; the others are for the node that calls back."""
CUT_OFF: Final = "the link to the mains is cut: nothing can be changed until it is back."


def asks(paths: SystemPaths, change: str, who: str, arguments: list[Any]) -> Any:
    """On a satellite: have it done by a main, and wait until it is in force here. Raises `Refused`.

    While no main can do it, it is refused; but for what is kept until one can.
    """
    if change in KEPT:
        return keeping.does(paths, change, who, arguments)
    if change not in {*CHANGES, *QUESTIONS}:
        raise Refused(change, "is done on mains only.")
    known = Report.read(paths.follower_report)
    if known and known.away_since is not None:  # the caller need not wait for what is known
        raise Refused("link", CUT_OFF)
    said = _answer(paths, json.dumps([change, who, *arguments]))
    if "refused" in said:
        raise Refused(*said["refused"])
    comes_true(lambda: _reached(paths) >= said["sequence"], IN_FORCE_S)
    return said["done"]


def _answer(paths: SystemPaths, question: str) -> dict[str, Any]:
    """What the first main says that answers. Once a question was sent, no other main is asked to do it again."""
    for main in other_mains(paths):
        try:
            connection = opened(main, paths.cluster)
        except OSError:
            continue
        try:
            return answered(connection, PATH, question)[1]
        except (OSError, HTTPException, ValueError) as error:
            raise Refused("link", "broke while it was asked; look whether it was done.") from error
    raise Refused("link", CUT_OFF)


def _reached(paths: SystemPaths) -> int:
    report = Report.read(paths.follower_report)
    return report.sequence if report else 0


def done(paths: SystemPaths, satellite: Node, asked: list[Any]) -> dict[str, Any]:
    """On a main: do what a satellite asks. What is refused is said, never raised."""
    try:
        change, who, *arguments = asked
        if change in CHANGES:
            _require_own(paths, satellite, change, arguments)
        elif change in OF_OTHERS and not _is_own(paths, satellite, str(arguments[0])):
            return {"done": OF_OTHERS[change](QUESTIONS[change], open_truth(paths), arguments), "sequence": 0}
        made = (CHANGES | QUESTIONS)[change](open_truth(paths), f"{who} by {satellite.name}", *arguments)
        if change in CHANGES:
            put_in_force(paths)
        with reading(follow_truth(paths)) as connection:
            return {"done": made, "sequence": last_position(connection).sequence if change in CHANGES else 0}
    except Refused as refused:
        return {"refused": [refused.field, refused.sentence]}
    except (KeyError, TypeError, ValueError, IndexError) as error:
        return {"refused": ["question", f"isn't understood ({error})."]}


def _require_own(paths: SystemPaths, satellite: Node, change: str, arguments: list[Any]) -> None:
    if change not in OF_A_PERSON or not arguments:
        raise Refused("change", f"{change} isn't for a satellite.")
    if not _is_own(paths, satellite, str(arguments[0])):
        raise Refused("extension", f"{arguments[0]} is nobody of {satellite.site}.")


def _is_own(paths: SystemPaths, satellite: Node, extension: str) -> bool:
    """Whether a person works there; who is nobody works nowhere."""
    try:
        user = users.show(open_truth(paths), extension).user
    except (DatabaseAway, Busy):
        raise
    except Refused:
        return False
    return (user.domain, user.site) == (satellite.default_domain, satellite.site)


OF_OTHERS: Final[dict[str, Callable[..., Any]]] = {
    "voicemail pin": lambda ask, truth, arguments: False,
}
"""What a satellite is told when it asks about people of other sites. Nobody tries PINs of theirs from a branch."""
