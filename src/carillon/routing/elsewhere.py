"""Who has calls at which nodes, and what rings there: a note a person, in the shared memory of a node with siblings.

The daemon `siblings` writes the notes, of this node's calls and of what siblings tell. Of calls here it says no more
than that they are: their dialogs have notes of their own (`routing.dialogs`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import quote, unquote

from carillon.model.frozen import dataclass
from carillon.routing.dialogs import LiveDialog

TABLE: Final = "elsewhere"
"""Where the notes are, by address of record."""

HERE: Final = "."
"""This node, among the names of nodes."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """`nodes` are where a person has calls, this one (`HERE`) first; `dialogs` are with his phones, of siblings."""

    nodes: tuple[str, ...]
    dialogs: tuple[LiveDialog, ...] = ()

    def __str__(self) -> str:
        dialogs = (f"{one.node};{quote(one.call_id)};{quote(str(one))}" for one in self.dialogs)
        return " ".join((",".join(self.nodes), *dialogs))

    @classmethod
    def parse(cls, text: str) -> Elsewhere:
        """What `str()` wrote; raises ValueError on anything else."""
        nodes, *dialogs = text.split(" ")
        return cls(tuple(nodes.split(",")), tuple(map(_dialog, dialogs)))


def _dialog(text: str) -> LiveDialog:
    node, call_id, note = text.split(";")
    return replace(LiveDialog.parse(unquote(call_id), unquote(note)), node=node)
