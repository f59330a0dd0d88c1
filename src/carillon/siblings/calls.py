"""What a node tells its siblings of the calls that its Asterisk has, person by person. Pure.

Times go as ages, so that clocks need not agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from carillon.model.fields import fields_of
from carillon.presence.picture import DialogState as Shown
from carillon.presence.picture import Line
from carillon.routing.dialogs import DialogState, LiveDialog
from carillon.routing.elsewhere import Elsewhere
from carillon.states.naming import Naming

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """A person's calls at one node, as lamps show them, and the dialogs with his phones that ring or talk."""

    lines: tuple[Line, ...] = ()
    dialogs: tuple[LiveDialog, ...] = ()

    @property
    def is_rung(self) -> bool:
        """Whether phones ring for him: more of them may say so each moment."""
        return any(not line.calling and line.state is Shown.EARLY for line in self.lines)


def known(lines: tuple[Line, ...], naming: Naming, notes: Mapping[str, LiveDialog]) -> Person:
    """A person's calls here, with what Kamailio's `notes` of their dialogs and the directory say of them."""
    found = (notes.get(line.call_id) for line in lines if line.call_id and not line.calling)
    dialogs = tuple(note for note in found if note and note.state is not DialogState.CALLING)
    return Person(tuple(naming.completed(line, notes) for line in lines), dialogs)


def row(aor: str, person: Person, now: float) -> Row:
    """How a person's calls are told; without lines he has none. The connection says at which node they are."""
    lines = [fields_of(line) for line in person.lines]
    for line in lines:
        del line["node"]
    dialogs = [[one.call_id, str(replace(one, since=now - one.since))] for one in person.dialogs]
    return {"person": aor, "lines": lines, "dialogs": dialogs}


def read(told: Row, node: str, now: float) -> tuple[str, Person]:
    """Of whom a row of a sibling is, and what it says; raises KeyError, TypeError or ValueError on anything else."""
    lines = tuple(Line(**{**line, "state": Shown(line["state"])}) for line in told["lines"])
    notes = (LiveDialog.parse(str(call_id), text) for call_id, text in told["dialogs"])
    return str(told["person"]), Person(lines, tuple(replace(one, since=now - one.since, node=node) for one in notes))


def noted(away: Mapping[str, Person]) -> Elsewhere | None:
    """The note for the workers of somebody who has calls at siblings that are up; None without any."""
    nodes = tuple(sorted(away))
    if not nodes:
        return None
    dialogs = tuple(one for name in sorted(away) for one in away[name].dialogs)
    made = tuple((name, line.call_id) for name in sorted(away) for line in away[name].lines if _is_made(line))
    return Elsewhere(nodes, dialogs, made)


def _is_made(line: Line) -> bool:
    """Whether the person has called, and talks: he may join this call with another one."""
    return line.calling and line.state is Shown.CONFIRMED and bool(line.call_id)
