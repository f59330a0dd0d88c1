"""What a sibling asks of the messages that are kept here. A satellite is told of those that are kept at itself only.

kept since FILE NUMBER    what is new here after that place, without words, and how far that goes
kept words ID ...         what these messages say
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from carillon.siblings.asking import Listens, ask_one
from carillon.stores.keptcopies import MOST_WORDS, KeptCopies, Known, Place, Words

SINCE: Final = "kept since"
WORDS: Final = "kept words"


def is_of_kept(question: Sequence[Any]) -> bool:
    """Whether it is one of these."""
    return bool(question) and question[0] in (SINCE, WORDS)


def answered(store: KeptCopies, question: Sequence[Any], of: str | None) -> Any:
    """What is told to who may hear `of` one node's only, or of all. Raises StoreDown, ValueError."""
    name, *arguments = question
    if name == WORDS:
        return {uid: [said.kind, said.body] for uid, said in store.words(map(str, arguments), of).items()}
    life, number = arguments
    there, rows = store.since((str(life), int(number)), of)
    return {"there": there, "rows": [one.row() for one in rows]}


@dataclass(frozen=True, slots=True)
class Asks:
    """By which a sibling is asked: this node's certificate, from its own address."""

    nodes: Path
    sibling: Listens
    source: str

    def since(self, there: Place) -> tuple[Place, list[Known]]:
        """What is new there. Raises Silent; KeyError, TypeError, ValueError on nonsense."""
        told = self._ask(SINCE, there[0], str(there[1]))
        life, number = told["there"]
        return (str(life), int(number)), [Known.read(row) for row in told["rows"]]

    def words(self, uids: Sequence[str]) -> dict[str, Words]:
        """What these messages say; raises the same."""
        found: dict[str, Words] = {}
        for start in range(0, len(uids), MOST_WORDS):
            told = self._ask(WORDS, *uids[start : start + MOST_WORDS])
            found |= {str(uid): Words(str(kind), str(body)) for uid, (kind, body) in told.items()}
        return found

    def _ask(self, *question: str) -> Any:
        return ask_one(self.nodes, self.sibling, *question, source=self.source)
