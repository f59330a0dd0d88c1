"""Lamps of ring groups: whoever watches a number of a group is shown the group's calls. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

GROUP: Final = "*"
"""Before the name of a group where its calls are told of, `*sales@example.org`: nobody has such an address."""

Numbers = Mapping[str, tuple[str, ...]]
"""By which numbers each group is reached: `*sales@example.org` by `200@example.org`."""


def watched(whose: Iterable[str], numbers: Numbers) -> Iterator[tuple[str, str]]:
    """Of whose calls something is told, each with the address of record by which that is watched.

    People are watched by their own; a group by each of its numbers, and not at all without one.
    """
    for one in whose:
        for aor in numbers.get(one, ()) if one.startswith(GROUP) else (one,):
            yield one, aor
