"""A group of people, in an order."""

from __future__ import annotations

from dataclasses import dataclass

from carillon.model.domain import require_canonical
from carillon.model.label import require_label
from carillon.model.refused import Refused
from carillon.model.user import require_extension


@dataclass(frozen=True, slots=True)
class Group:
    """Users of one domain, by extension, each once, in the order that was chosen."""

    domain: str
    name: str
    members: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_canonical(self.domain)
        require_label("name", self.name)
        for member in self.members:
            require_extension("members", member)
        twice = [member for member in self.members if self.members.count(member) > 1]
        if twice:
            raise Refused("members", f"{twice[0]} is there twice; write each extension once.")
