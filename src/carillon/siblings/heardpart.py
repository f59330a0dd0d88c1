"""One part of what siblings tell: everybody between two marks, which is all there is; each change otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from carillon.siblings.parts import BEGINS, ENDS

Known = TypeVar("Known")


class HeardPart(Generic[Known]):
    """`read` says of whom a row of a node is, and what is so of him; `one` and `everybody` take it."""

    def __init__(
        self,
        read: Callable[[str, Any], tuple[str, Known]],
        one: Callable[[str, str, Known], None],
        everybody: Callable[[str, dict[str, Known]], None],
    ) -> None:
        self._read, self._one, self._everybody = read, one, everybody
        self._begun: dict[str, dict[str, Known]] = {}

    def take(self, node: str, told: object) -> None:
        """What a node has told; raises KeyError, TypeError or ValueError on a row that can't be read."""
        if told == BEGINS:
            self._begun[node] = {}
        elif told == ENDS:
            self._everybody(node, self._begun.pop(node, {}))
        elif isinstance(told, dict):
            who, known = self._read(node, told)
            if node in self._begun:
                self._begun[node][who] = known
            else:
                self._one(node, who, known)
