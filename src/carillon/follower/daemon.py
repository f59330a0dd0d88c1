"""`python -m carillon.follower.daemon SETTINGS`: looks for changes twice a second, and puts them in force here."""

from __future__ import annotations

import json
import os
import pwd
import sqlite3
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NoReturn

from sqlalchemy import Engine

from carillon.follower import lastknown, moving
from carillon.follower.ailing import write as write_ailing
from carillon.follower.holding import RENEW_S, Holding
from carillon.follower.mending import LOOK_S as LEFT_S
from carillon.follower.mending import mend
from carillon.follower.report import Report
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.model.witness import Witness
from carillon.provisioning.system import follow_truth, load_nodes, load_witnesses, show_truth
from carillon.satellites.board import Board
from carillon.satellites.following import AGAIN_S, Following
from carillon.satellites.handing import NotTaken, hand_over, note
from carillon.satellites.serving import serve as satellites_serve
from carillon.satellites.taking import position_in
from carillon.stores.ports import StoreDown
from carillon.stores.sql.engine import reading
from carillon.stores.sql.feed import Position, last_position
from carillon.stores.sql.nodestates import NodeStates
from carillon.supervision import nodecertificate, owndatabase, secrettaking
from carillon.supervision.prepare import load_system
from carillon.supervision.reconfigure import reconfigure
from carillon.supervision.rpc import RpcFailed
from carillon.supervision.welcome import serve
from carillon.system.paths import SERVICE_USER, SystemPaths
from carillon.system.pulse import NAME as PULSE
from carillon.system.pulse import beat
from carillon.system.rhythm import steadily

LOOK_S = 0.5
AILING_S = 3.0
HAND_S = 1.0

Nodes = tuple[Node, tuple[Node, ...], tuple[Witness, ...]]


class Follower:
    """One node's: how far it has followed, and since when the database is away. `clock` is Unix seconds.

    Who answers satellites reads the board.
    """

    def __init__(self, paths: SystemPaths, clock: Callable[[], float] = time.time, board: Board | None = None) -> None:
        self._paths, self._clock, self._board = paths, clock, board or Board()
        self._known: Position | None = None
        self._is_kept = False
        self.report = Report.read(paths.follower_report) or Report()

    def look(self) -> Report:
        """Put in force what was changed since the last look; what fails is tried again at the next one."""
        try:
            self._follow()
        except (Refused, OSError, sqlite3.Error) as failed:
            self._is_away(failed)
        else:
            self.report = Report(self.report.sequence, self._clock(), unkept=self.report.unkept)
        self.report.write(self._paths.follower_report)
        return self.report

    def _follow(self) -> None:
        truth = follow_truth(self._paths)
        with reading(truth) as connection:
            found = last_position(connection)
        if found != self._known:
            self.report = replace(self.report, sequence=show_truth(self._paths, truth))
            self._known, self._is_kept = found, False
        if not self._is_kept:
            self._keep(truth)
        self._board.write(found)

    def _keep(self, truth: Engine) -> None:
        """What is in force stays so, also when a full disk doesn't take it; it is tried again at the next look."""
        words = ""
        try:
            lastknown.keep(self._paths, truth)
        except (OSError, sqlite3.Error) as failed:
            words = str(failed)
        if words not in ("", self.report.unkept):
            print(f"follower: what is in force can't be kept: {words}", file=sys.stderr, flush=True)
        self._is_kept, self.report = not words, replace(self.report, unkept=words)

    def _is_away(self, failed: Exception) -> None:
        words = failed.sentence if isinstance(failed, Refused) else str(failed)
        if words != self.report.problem:  # once, not twice a second
            print(f"follower: {words}", file=sys.stderr, flush=True)
        now = self._clock()
        since = self.report.away_since or now
        self.report = Report(self.report.sequence, now, since, words, self.report.unkept)
        self._tells_board()

    def _tells_board(self) -> None:
        """What a look has put in force before it failed is news for satellites."""
        with suppress(sqlite3.Error):
            found = position_in(self._paths.run_directory)
            if found is not None and found != self._board.position:
                self._board.write(found)


def _for_ever(work: Callable[[SystemPaths], None], paths: SystemPaths) -> None:
    """Do something without end. This process ends with whatever nobody foresaw, to be started anew."""
    try:
        work(paths)
    except Exception:  # noqa: BLE001 -- a thread would end alone, and this node never hold anything again
        traceback.print_exc()
        os._exit(1)


def _mend(paths: SystemPaths) -> None:
    """Bring this node's member of the cluster back when it has left, for ever."""
    for _ in steadily(LEFT_S):
        with suppress(Refused, OSError):  # asked again at the next look
            mend(paths)


def _hold(paths: SystemPaths) -> None:
    """Renew or await the lease."""
    node = load_nodes(paths)[0].name
    holding, states = Holding(lambda: follow_truth(paths), node, paths.lease, time.monotonic), NodeStates(node)
    for _ in steadily(RENEW_S):
        with suppress(Refused):  # the follower says it, and the lease runs out
            holding.wants = not load_nodes(paths)[0].drained
            holding.look()
            states.tell(follow_truth(paths), (Report.read(paths.follower_report) or Report()).sequence)


def _hand_over(paths: SystemPaths) -> None:
    """Give mains what was kept while they were away, for ever."""
    owner, known = pwd.getpwnam(SERVICE_USER).pw_uid, ""
    for _ in steadily(HAND_S):
        words = ""
        try:
            hand_over(paths, owner)
        except (NotTaken, StoreDown, Refused, OSError, sqlite3.Error) as failed:
            words = failed.sentence if isinstance(failed, Refused) else str(failed)
        if words != known:  # once, not each second
            note(paths, words)
            print(f"kept: {words or 'all is handed over'}", file=sys.stderr, flush=True)
            known = words


def _renew(paths: SystemPaths) -> None:
    """Have another certificate in time, for ever."""
    for _ in steadily(nodecertificate.LOOK_S):
        with suppress(Refused, OSError):  # asked again at the next look
            nodecertificate.look(paths)


def _take_secret(paths: SystemPaths) -> None:
    """Have the secret that others have got, for ever."""
    for _ in steadily(secrettaking.LOOK_S):
        with suppress(Refused, OSError):  # asked again at the next look
            secrettaking.look(paths)


def _tell_ailing(paths: SystemPaths) -> None:
    """Say for ever which components are not well, and whether phones are to go to another node."""
    for _ in steadily(AILING_S):
        with suppress(OSError):
            write_ailing(paths)
        with suppress(Refused, RpcFailed):  # nobody hears it now: it is said again
            moving.tell(paths)


def _follow_nodes(paths: SystemPaths, known: Nodes) -> Nodes:
    """Who comes and goes changes what Kamailio is told of the others; not who is drained."""
    try:
        found = _all(paths)
        if paths.database.exists() and owndatabase.follow_members(paths, (found[0], *found[1])):
            print("follower: the servers of the database are others now", flush=True)
        if _places(found) != _places(known):
            print(f"follower: nodes changed; in force here: {reconfigure(load_system(paths))}", flush=True)
    except Refused as refused:
        print(f"follower: {refused}", file=sys.stderr, flush=True)
        return known
    return found


def _all(paths: SystemPaths) -> Nodes:
    return *load_nodes(paths), load_witnesses(paths)


def _places(nodes: Nodes) -> list[Node | Witness]:
    own, siblings, witnesses = nodes
    return [*(replace(one, drained=False) for one in (own, *siblings)), *witnesses]


def main() -> None:
    """Run until told to stop."""
    settings = json.loads(Path(sys.argv[1]).read_text())
    paths = SystemPaths.of(Path(settings["system"]))
    pulse = Path(sys.argv[1]).with_name(PULSE)
    if paths.satellite.exists():
        _follow_mains(paths, pulse)
    board = Board()
    if kept := position_in(paths.run_directory):
        board.write(kept)
    follower = Follower(paths, board=board)
    follower.look()
    hold = partial(_for_ever, _hold)
    works = (hold,), (_mend,), (_tell_ailing,), (_renew,), (_take_secret,), (serve,), (satellites_serve, board)
    for work, *more in works:
        threading.Thread(target=work, args=(paths, *more), daemon=True).start()
    known = _all(paths)
    while True:
        beat(pulse)
        if follower.look().away_since is None:
            known = _follow_nodes(paths, known)
        time.sleep(LOOK_S)


def _follow_mains(paths: SystemPaths, pulse: Path) -> NoReturn:
    """What a satellite does instead."""
    for work in (_hand_over, _renew, _take_secret):
        threading.Thread(target=_for_ever, args=(work, paths), daemon=True).start()
    following, known = Following(paths, partial(beat, pulse)), _all(paths)
    while True:
        beat(pulse)
        if following.look():
            known = _follow_nodes(paths, known)
        else:
            time.sleep(AGAIN_S)


if __name__ == "__main__":
    main()
