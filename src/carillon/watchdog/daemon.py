"""`python -m carillon.watchdog.daemon SETTINGS`: looks at every component, ends those that hang."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from carillon.supervision.leftovers import kill, leftovers, recorded_group
from carillon.system.pulse import NAME as PULSE
from carillon.system.pulse import beat
from carillon.watchdog.judgement import BOOT_S, Look, Watch, judge
from carillon.watchdog.notes import NOTES, Note, write_notes
from carillon.watchdog.processes import ProcessGroup, process_groups, with_waiting
from carillon.watchdog.questions import PATIENT, QUESTIONS, WAITS_FOR
from carillon.watchdog.settings import Settings

CALM_S = 1.0
SUSPICIOUS_S = 0.5
"""Seconds between looks; a process must be stopped for longer than this to count."""


class Watchdog:
    """Who is watched, what is known of them, and what `status` is told."""

    def __init__(self, settings: Settings, end: Callable[[Path, int], None]) -> None:
        self.settings, self._end = settings, end
        self.watches = {name: Watch() for name in QUESTIONS}
        self.notes: dict[str, Note] = {}
        self._own = settings.run / "watchdog"

    def look(self, pool: ThreadPoolExecutor) -> float:
        """Look at everybody once, end who hangs; returns the seconds until the next look."""
        beat(self._own / PULSE)
        at, before = time.monotonic(), dict(self.notes)
        numbers = {name: group_of(self.settings.run / name) for name in QUESTIONS}
        groups = process_groups(numbers.values())
        asked = [name for name in QUESTIONS if not groups.get(numbers[name], ProcessGroup()).stopped]
        answers = dict.fromkeys(QUESTIONS, False) | dict(zip(asked, pool.map(self._answers, asked), strict=True))
        silent = {name for name, answered in answers.items() if not answered and numbers[name] in groups}
        for name, answered in answers.items():
            heard = answered or bool(silent & WAITS_FOR.get(name, frozenset()))
            self._judge(name, numbers[name], at, heard, groups)
        if self.notes != before:
            write_notes(self._own / NOTES, self.notes)
        return SUSPICIOUS_S if any(watch.suspicious for watch in self.watches.values()) else CALM_S

    def _answers(self, name: str) -> bool:
        return QUESTIONS[name](self.settings)

    def _judge(self, name: str, group: int, at: float, answered: bool, groups: Mapping[int, ProcessGroup]) -> None:
        processes = groups.get(group)
        if processes is None:  # it has ended, or was stopped: that is the supervisor's business
            self.watches[name] = Watch()
            return
        look = Look(at, answered, group, processes if answered else with_waiting(processes))
        watch = judge(self.watches[name], look, PATIENT.get(name, BOOT_S))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        if watch.hung:
            since = self.notes[name].since if _is_open(self.notes.get(name)) else now
            self.notes[name] = Note(since, watch.hung, ended=now)
            print(f"{now} {name} hangs since {since}: {watch.hung}; killed", file=sys.stderr, flush=True)
            self._end(self.settings.run / name, group)
            watch = Watch(group, at)
        elif watch.suspicious:
            self.notes[name] = self.notes[name] if _is_open(self.notes.get(name)) else Note(now)
        elif answered:
            self._is_well(name, now)
        self.watches[name] = watch

    def _is_well(self, name: str, now: str) -> None:
        note = self.notes.get(name)
        if note and not note.ended:
            del self.notes[name]
        elif note and not note.back:
            self.notes[name] = replace(note, back=now)


def group_of(run: Path) -> int:
    """The process group that the launcher noted for a component; 0 when there is none."""
    try:
        return recorded_group(run) or 0
    except OSError:
        return 0


def end(run: Path, group: int) -> None:
    """Kill all processes of a component; the supervisor starts it again. Not one that it has started meanwhile."""
    kill(leftovers(run, group))


def _is_open(note: Note | None) -> bool:
    return note is not None and not note.back


def main() -> None:
    """Run until told to stop."""
    watchdog = Watchdog(Settings.read(Path(sys.argv[1])), end)
    with ThreadPoolExecutor(len(QUESTIONS)) as pool:
        while True:
            time.sleep(watchdog.look(pool))


if __name__ == "__main__":
    main()
