"""Who has calls at other nodes, and what rings there: a note a person, in the shared memory of a node with siblings.

The daemon `siblings` writes the notes, of what siblings tell. Of calls here there are none, as they would cost a call
four questions to Kamailio: their dialogs have notes of their own (`routing.dialogs`), and who has calls here is in a
file (`stores.talking`), which is read only where a note says that a call may lead to a sibling.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import quote, unquote

from carillon.model.frozen import dataclass
from carillon.routing.dialogs import DialogState, LiveDialog

TABLE: Final = "elsewhere"
"""Where the notes are, by address of record."""

MOVING: Final = ".moving"
"""A key among the names of siblings that is there while phones are to go to another node: this one is drained."""

_QUOTED: Final = tuple((each, quote(each)) for each in '%\t ;"\\')
"""Of what is printable, or a tab, that which would be read as something else."""

HERE: Final = "."
"""This node, among the names of nodes."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """`nodes` are where a person has calls, this one (`HERE`) first; `dialogs` are with his phones, of siblings.

    `made` are those in which he has called himself, and which are up: node and Call-ID.
    """

    nodes: tuple[str, ...]
    dialogs: tuple[LiveDialog, ...] = ()
    made: tuple[tuple[str, str], ...] = ()

    def talks_at(self, call_id: str) -> str:
        """The sibling at which this dialog of the person's is up; "" for none."""
        up = ((one.node, one.call_id) for one in self.dialogs if one.state is DialogState.UP)
        return next((node for node, known in (*up, *self.made) if known == call_id), "")

    def __str__(self) -> str:
        dialogs = (f"{one.node};{_quoted(one.call_id)};{_quoted(str(one))}" for one in self.dialogs)
        made = (f"{node};{_quoted(call_id)};" for node, call_id in self.made)
        return " ".join((",".join(self.nodes), *dialogs, *made))

    @classmethod
    def parse(cls, text: str) -> Elsewhere:
        """What `str()` wrote; raises ValueError on anything else."""
        nodes, *dialogs = text.split(" ")
        made = tuple(_made(one) for one in dialogs if one.endswith(";"))
        return cls(tuple(nodes.split(",")), tuple(_dialog(one) for one in dialogs if not one.endswith(";")), made)


def _quoted(text: str) -> str:
    """For `unquote`. A text like most takes a tenth of what `quote` takes."""
    if not (text.isascii() and text.replace("\t", "").isprintable()):
        return quote(text)
    for plain, escaped in _QUOTED:
        text = text.replace(plain, escaped)
    return text


def with_own(nodes: tuple[str, ...], here: bool) -> tuple[str, ...]:
    """The nodes of a note, and this one first if the person has calls `here`."""
    return (HERE, *(node for node in nodes if node != HERE)) if here else nodes


def _made(text: str) -> tuple[str, str]:
    node, call_id, _ = text.split(";")
    return node, unquote(call_id)


def _dialog(text: str) -> LiveDialog:
    node, call_id, note = text.split(";")
    return replace(LiveDialog.parse(unquote(call_id), unquote(note)), node=node)
