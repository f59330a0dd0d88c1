"""A ladder as text: lifelines with arrows, the rules beside them or, on a narrow terminal, below. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from carillon.collector.ladder import Arrow, Ladder, Place, Step
from carillon.routing.decision import TraceRow

GAP = 22
TIME = 9
ROOM_FOR_RULES = 48
"""Columns that rules need beside the ladder."""


def picture(ladder: Ladder, width: int) -> str:
    """The whole ladder; times are seconds since its first message, `width` is that of the terminal."""
    places = ladder.places
    left = TIME + GAP * len(places)
    lines = [_header(ladder, places)]
    began = ladder.steps[0].at if ladder.steps else 0.0
    for step in ladder.steps:
        lines += _step(step, places, began, left if width >= left + ROOM_FOR_RULES else 0)
    return "\n".join(line.rstrip() for line in lines)


def _header(ladder: Ladder, places: tuple[Place, ...]) -> str:
    names = (_fitted(ladder.names[place], GAP - 1).center(GAP - 1) for place in places)
    return " " * TIME + " ".join(names)


def _step(step: Step, places: tuple[Place, ...], began: float, beside: int) -> Iterator[str]:
    drawn = [_arrow(arrow, places) for arrow in step.arrows]
    times = [f"{step.at - began:{TIME - 1}.3f} "]
    rules = [f"from {step.address}"] * bool(step.address) + [_words(rule) for rule in step.rules]
    if beside:
        for time, line, words in zip_longest(times, drawn, rules, fillvalue=""):
            yield f"{f'{time:{TIME}}{line or _lifelines(places)}':{beside}}{words}"
        return
    for time, line in zip_longest(times, drawn, fillvalue=""):
        yield f"{time:{TIME}}{line or _lifelines(places)}"
    yield from (f"{'':{TIME}}    {words}" for words in rules)


def _words(rule: TraceRow) -> str:
    return f"{rule.rule.replace('_', ' ')}: {rule.verdict} ({rule.fact})"


def _lifelines(places: tuple[Place, ...]) -> str:
    return " ".join("│".center(GAP - 1) for _ in places)


def _arrow(arrow: Arrow, places: tuple[Place, ...]) -> str:
    """One line: the label in the middle of its arrow."""
    line = list(_lifelines(places))
    start, end = (places.index(place) * GAP + GAP // 2 - 1 for place in (arrow.start, arrow.end))
    low, high = min(start, end) + 1, max(start, end)
    shaft = f" {_fitted(arrow.label, high - low - 5)} ".center(high - low - 1, "─")
    line[low:high] = f"{shaft}▶" if end > start else f"◀{shaft}"
    return "".join(line)


def _fitted(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
