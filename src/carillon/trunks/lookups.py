"""What names of trunks lead to: asked in the background, again when an answer ends; the last one is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

from carillon.stores.ports import Target, TrunkProfile
from carillon.system import whole
from carillon.trunks.targets import Found, Unanswered, is_address

SHORTEST_S, LONGEST_S = 5.0, 3600.0
"""Answers are asked for again no more often, and no later."""
AGAIN_S = 10.0
"""After a silence of the DNS."""
NOWHERE = "the DNS knows no address of it"
ASKERS = 4

Find = Callable[[TrunkProfile], Found]
"""Raises `Unanswered`."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a name. `targets` is None before the first answer, and empty when there are none.

    `trouble` says why the answer may be old, or why there is none, `since` when (Unix seconds); both empty otherwise.
    """

    targets: tuple[Target, ...] | None = None
    trouble: str = ""
    since: int = 0


@dataclass
class Lookups:
    """All names that are asked for. `file` keeps answers, for a start while the DNS is dead."""

    find: Find
    file: Path
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(ASKERS))
    known: dict[str, Known] = field(default_factory=dict)
    due: dict[str, float] = field(default_factory=dict)
    asking: dict[str, Future[Found]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kept = _read(self.file)

    def look(self, trunks: Iterable[TrunkProfile], now: float, clock: float) -> None:
        """Take the answers that have come, and ask for what is due; never waits. Raises OSError."""
        wanted = {question(trunk): trunk for trunk in trunks}
        for name in [name for name, future in self.asking.items() if future.done()]:
            self._take(name, self.asking.pop(name), now, int(clock))
        for name in self.known.keys() - wanted.keys():
            del self.known[name]
            self.due.pop(name, None)
        for name, trunk in wanted.items():
            if is_address(trunk.host):
                self.known.setdefault(name, Known(self.find(trunk).targets))
            elif name not in self.asking and now >= self.due.get(name, now):
                self.asking[name] = self.pool.submit(self.find, trunk)

    def of(self, trunk: TrunkProfile) -> Known:
        """What is known of a trunk's name now."""
        return self.known.get(question(trunk), Known())

    def _take(self, name: str, future: Future[Found], now: float, clock: int) -> None:
        before = self.known.get(name, Known())
        try:
            found = future.result()
        except Unanswered as silent:
            self.due[name] = now + AGAIN_S
            last = before.targets if before.targets is not None else self.kept.get(name, ())
            self.known[name] = Known(last, *_since(before, str(silent), clock))
            return
        self.due[name] = now + min(max(found.ttl_s, SHORTEST_S), LONGEST_S)
        trouble = ("", 0) if found.targets else _since(before, NOWHERE, clock)
        self.known[name] = Known(found.targets, *trouble)
        if found.targets and self.kept.get(name) != found.targets:
            self.kept[name] = found.targets
            _write(self.file, self.kept)


def question(trunk: TrunkProfile) -> str:
    """What is asked for a trunk; the same for trunks that lead to the same place."""
    return " ".join((trunk.host, str(trunk.port), trunk.transport, "naptr" if trunk.naptr else ""))


def _since(before: Known, trouble: str, clock: int) -> tuple[str, int]:
    return trouble, before.since if before.trouble == trouble else clock


def _read(file: Path) -> dict[str, tuple[Target, ...]]:
    try:
        rows = json.loads(file.read_text())
        return {name: tuple(Target(**each) for each in targets) for name, targets in rows.items()}
    except (OSError, ValueError, TypeError):
        return {}


def _write(file: Path, kept: dict[str, tuple[Target, ...]]) -> None:
    whole.write(file, json.dumps({name: [asdict(each) for each in targets] for name, targets in kept.items()}))
