"""A group of people, in an order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from carillon.model.calllimit import require_most_calls
from carillon.model.domain import require_canonical
from carillon.model.label import require_label
from carillon.model.refused import Refused
from carillon.model.target import Target
from carillon.model.user import require_extension

LEAST_S, MOST_S = 5, 180


class Ring(StrEnum):
    """Who of a group rings."""

    ALL = "all"
    IN_TURN = "in-turn"


@dataclass(frozen=True, slots=True)
class Group:
    """Users of one domain, by extension, each once, in the order that was chosen.

    A call for the group rings for `ring_s` seconds, of each member when in turn; then it goes to the target `then`.
    With `pickup`, they may pick each other up.
    `most_calls` is how many calls at once there may be in which one of them is, None for any number.
    """

    domain: str
    name: str
    members: tuple[str, ...] = ()
    ring: Ring = Ring.ALL
    ring_s: int = 20
    then: Target | None = None
    pickup: bool = True
    most_calls: int | None = None

    def __post_init__(self) -> None:
        if not LEAST_S <= self.ring_s <= MOST_S:
            raise Refused("ring-time", f"{self.ring_s} s isn't possible; choose {LEAST_S} to {MOST_S} seconds.")
        require_canonical(self.domain)
        require_label("name", self.name)
        require_most_calls(self.most_calls)
        for member in self.members:
            require_extension("members", member)
        twice = [member for member in self.members if self.members.count(member) > 1]
        if twice:
            raise Refused("members", f"{twice[0]} is there twice; write each extension once.")
