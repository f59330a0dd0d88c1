"""The recipes of one process, made when the first message of their kind comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from carillon.kamailio.recipe import NOTHING, STRIPPED, Recipe, recipe
from carillon.routing import examples
from carillon.routing.examples import Example
from carillon.routing.facts import NodeProfile

MOST_RECIPES: Final = 4096


class Recipes:
    """What the rules of this node said, by example and all that is no blank."""

    def __init__(self, node: NodeProfile) -> None:
        self._node = node
        self._made: dict[tuple[object, ...], Recipe | None] = {}

    def of(self, example: Callable[..., Example | None], *key: object, dialect: int = 0) -> Recipe | None:
        """What the rules said before of the same, or what they say now of an example."""
        try:
            return self._made[example, dialect, *key]
        except KeyError:
            pass
        if len(self._made) >= MOST_RECIPES:
            self._made.clear()
        said = example(self._node, *key)
        stripped = STRIPPED if example is examples.rung else NOTHING
        made = self._made[example, dialect, *key] = recipe(*said, dialect, stripped) if said else None
        return made
