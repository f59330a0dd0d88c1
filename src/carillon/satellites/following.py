"""What a satellite does all day: it asks a main what has changed, and puts it in force."""

from __future__ import annotations

import pwd
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

from carillon.follower import lastknown
from carillon.follower.report import Report
from carillon.model.refused import Refused
from carillon.provisioning.system import load_nodes, other_mains
from carillon.satellites.asking import Asking, Unreachable
from carillon.satellites.kept import Journal, Kept
from carillon.satellites.moments import Anchor, Moment
from carillon.satellites.taking import aside_kept, keep_aside, position_in, take
from carillon.satellites.wire import Asked, Broken
from carillon.stores.ports import StoreDown
from carillon.stores.sql.feed import Position
from carillon.supervision.welcome import VERSION
from carillon.system.paths import SERVICE_USER, SystemPaths

AGAIN_S = 1.0
ARRIVING = "arriving"


class Following:
    """One satellite's: how far it has followed, and since when no main answers. `clock` is Unix seconds.

    It asks the main that answered last as long as that answers, then the others.
    """

    def __init__(self, paths: SystemPaths, heard: Callable[[], None], clock: Callable[[], float] = time.time) -> None:
        self._paths, self._heard_of, self._clock = paths, heard, clock
        self._asking: Asking | None = None
        self._told = 0.0
        self._for_a_start: Position | None = None
        self.report = Report.read(paths.follower_report) or Report()

    @property
    def _directory(self) -> Path:
        """The one that calls read; before the first start, what that will lay in its place."""
        running = self._paths.run_directory
        return running if running.exists() else self._paths.last_known / running.name

    def look(self) -> bool:
        """Ask until some main has answered, and put it in force; whether one has."""
        said: list[str] = []
        for asking in self._ways():
            try:
                self._follows(asking)
            except (Unreachable, Refused, Broken) as failed:
                said.append(failed.sentence if isinstance(failed, Refused) else str(failed))
                self._asking = None
                asking.close()
            except (OSError, sqlite3.Error) as failed:
                self._cannot_keep(asking, f"what mains tell can't be kept here: {failed}")
                return False
            else:
                self._asking = asking
                return True
        self._is_away("; ".join(said) or "no main is known")
        return False

    def _ways(self) -> Iterator[Asking]:
        mains = [*other_mains(self._paths)]
        first = self._asking
        if first is not None and first.main in mains:
            yield first
            mains.remove(first.main)
        for main in mains:
            yield Asking(main, self._paths.cluster, self._paths.last_known / ARRIVING, self._heard, self._hears_time)

    def _follows(self, asking: Asking) -> None:
        """Each step is in force when it has come: what breaks off is gone on with from there."""
        place, owner = self._directory, pwd.getpwnam(SERVICE_USER).pw_uid
        asked = Asked(position_in(place), aside_kept(self._paths), VERSION)
        try:
            with closing(asking.asks(asked)) as steps:
                for step in steps:
                    position, aside = take(place, owner, step, self._kept)
                    if aside is not None:
                        keep_aside(self._paths, load_nodes(self._paths)[0].name, aside)
                        lastknown.lay_told(self._paths, owner)
                    self.report = Report(position.sequence, self._clock())
        except (Unreachable, Refused, Broken):
            with suppress(OSError, sqlite3.Error):  # that no main answers is what people must know first
                self._keeps_for_a_start(place)
            raise
        self._keeps_for_a_start(place)
        self._tells()

    def _keeps_for_a_start(self, place: Path) -> None:
        position = position_in(place)
        if place == self._paths.run_directory and position != self._for_a_start:
            lastknown.copy_directory(place, self._paths.last_known / place.name)
            self._for_a_start = position

    def _kept(self) -> tuple[Kept, ...]:
        """What waits here for mains; what can't be read doesn't hold up what they tell."""
        try:
            return Journal(self._paths.kept_changes).all()
        except StoreDown as down:
            print(f"kept: {down}", file=sys.stderr, flush=True)
            return ()

    def _hears_time(self, mains: float) -> None:
        """By which what happens here while the link is cut is given its time."""
        with suppress(OSError):
            Anchor(mains, Moment.now()).write(self._paths.mains_clock)

    def _heard(self) -> None:
        """The main that is asked is there."""
        self._heard_of()
        if self.report.away_since is not None or self._clock() - self._told >= 1:
            self.report = Report(self.report.sequence, self._clock(), unkept=self.report.unkept)
            self._tells()

    def _cannot_keep(self, asking: Asking, words: str) -> None:
        """The main is there, and this disk takes nothing, or not all: it is asked again."""
        if words != self.report.unkept:
            print(f"follower: {words}", file=sys.stderr, flush=True)
        self._asking = asking
        self.report = Report(self.report.sequence, self._clock(), unkept=words)
        self._tells()

    def _is_away(self, words: str) -> None:
        if words != self.report.problem:  # once, not each second
            print(f"follower: {words}", file=sys.stderr, flush=True)
        now = self._clock()
        self.report = Report(self.report.sequence, now, self.report.away_since or now, words)
        self._tells()

    def _tells(self) -> None:
        self._told = self._clock()
        if self._paths.follower_report.parent.is_dir():
            self.report.write(self._paths.follower_report)


def first_copy(paths: SystemPaths, patience_s: float) -> Position:
    """All that a new satellite needs before its first start. Raises `Refused` when no main tells it in time."""
    paths.last_known.mkdir(mode=0o700, parents=True, exist_ok=True)
    following, until = Following(paths, lambda: None), time.monotonic() + patience_s
    while not following.look():
        if time.monotonic() > until:
            raise Refused("key", f"joined, but no main tells what there is yet: {following.report.problem}.")
        time.sleep(AGAIN_S)
    found = position_in(paths.last_known / paths.run_directory.name)
    assert found is not None
    return found
