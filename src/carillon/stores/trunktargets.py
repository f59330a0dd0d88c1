"""Where trunks are reached, as the trunk daemon tells the workers of its node by shared memory."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from carillon.stores.ports import Target

TABLE = "trunktargets"
"""By domain. What it says holds until something else is said: the last known answer of the DNS."""
NONE = "."


def told(targets: Mapping[str, tuple[Target, ...]]) -> str:
    """The targets of a domain's trunks, by name, in a line: each name is followed by `priority/weight/URI`."""
    words = (
        word
        for name, found in sorted(targets.items())
        for word in (name, *(f"{one.priority}/{one.weight}/{one.uri}" for one in found))
    )
    return " ".join(words) or NONE


@lru_cache(maxsize=256)  # a line for each domain; it changes when an answer of the DNS does
def heard(line: str) -> Mapping[str, tuple[Target, ...]]:
    """What `told` wrote; nothing in what it didn't write."""
    found: dict[str, tuple[Target, ...]] = {}
    name = ""
    for word in line.split():
        priority, slash, rest = word.partition("/")
        if not slash:
            name = word
            continue
        weight, _, uri = rest.partition("/")
        found[name] = (*found.get(name, ()), Target(uri, int(priority), int(weight)))
    return MappingProxyType(found)
