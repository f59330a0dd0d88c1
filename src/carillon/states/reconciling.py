"""What lamps show of calls, held against what the calls daemon says is up: what was wrong is found, and counted. Pure.

News of a call is believed as it comes. Now and then everything is told again: what differs then was lost on its way, or
came while nobody listened. The Book is put right by the same news; here it is only found out that it was wrong.

Each node's calls are held against what is told of that node.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from carillon.presence.picture import Line, Picture
from carillon.states.news import News

Outline = tuple[tuple[object, ...], ...]
"""Of each call what makes a lamp right or wrong: which it is, how far it has come, who made it."""

FORGET_S: Final = 30.0
"""A sibling's calls are told again every ten seconds; those of which this long nothing was heard are not shown."""


class Reconciler:
    """Begins with the pictures that a daemon before this one drew: lamps still show those."""

    def __init__(self, pictures: Mapping[str, Picture]) -> None:
        shown = calls_shown(pictures)
        self._shown = {(node, aor): outline(lines) for node, calls in shown.items() for aor, lines in calls.items()}

    def wrong(self, news: News) -> frozenset[str]:
        """Those whose lamps were wrong until this news puts them right; nobody for news of what just happened."""
        told = {aor: outline(lines) for aor, lines in (news.calls or {}).items()}
        told |= dict.fromkeys(news.ended(aor for node, aor in self._shown if node == news.node), ())
        wrong = frozenset(aor for aor, lines in told.items() if self._shown.get((news.node, aor), ()) != lines)
        for aor in wrong:
            self._keep((news.node, aor), told[aor])
        return wrong if news.again else frozenset()

    def _keep(self, key: tuple[str, str], lines: Outline) -> None:
        if lines:
            self._shown[key] = lines
        else:
            self._shown.pop(key, None)


class Siblings:
    """When each sibling's calls were told of last: the daemon that hears siblings tells of silent ones too."""

    def __init__(self, pictures: Mapping[str, Picture], now: float) -> None:
        self._told_at = {node: now for node in calls_shown(pictures) if node}

    def unknown(self, news: Iterable[News], now: float) -> list[News]:
        """The news that nobody has a call there, of those of whom nothing was told for long."""
        self._told_at |= {each.node: now for each in news if each.node}
        silent = [node for node, at in self._told_at.items() if now - at > FORGET_S]
        for node in silent:
            del self._told_at[node]
        return [News(calls={}, nobody_else=("", ""), node=node) for node in silent]


def calls_shown(pictures: Mapping[str, Picture]) -> dict[str, dict[str, tuple[Line, ...]]]:
    """Calls of people by the node at which they are, "" for this one."""
    shown: dict[str, dict[str, tuple[Line, ...]]] = {}
    for aor, picture in pictures.items():
        for line in picture.lines:
            calls = shown.setdefault(line.node, {})
            calls[aor] = (*calls.get(aor, ()), line)
    return shown


def outline(lines: Iterable[Line]) -> Outline:
    """Without names and tags, which come later, and from elsewhere."""
    return tuple((line.id, line.state, line.calling) for line in lines)
