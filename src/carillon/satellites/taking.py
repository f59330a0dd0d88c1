"""Putting what a main has told in force on a satellite: all of a step, or nothing of it."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, Any

from carillon.model.node import Node
from carillon.model.zone import NameService
from carillon.provisioning.lastnodes import LastNodes
from carillon.satellites import share, upon, wire
from carillon.satellites.asking import header_of
from carillon.satellites.kept import Kept
from carillon.satellites.wire import Broken
from carillon.stores import nameservice, trunklogins
from carillon.stores.directoryfile import SCHEMA, Step, apply, position_of, writing
from carillon.stores.sql.feed import Position
from carillon.system.paths import SystemPaths


def take(
    directory: Path, owner_uid: int, step: IO[str], kept: Callable[[], Sequence[Kept]] = tuple
) -> tuple[Position, dict[str, Any] | None]:
    """Bring a directory to where a step leads; what lies beside is returned. Raises Broken, sqlite3.Error, OSError.

    What doesn't fit to where the directory is, such as what came already, is not taken. What is `kept` here lies upon
    it, as long as it isn't in what mains tell.
    """
    head = header_of(step)
    with writing(directory, owner_uid) as opened:
        known = position_of(opened)
        if head.before is not None and head.before != known:
            raise Broken(f"it leads on from change {head.before.sequence}, and we are elsewhere")
        if (head.before is None) != (head.touched is None):
            raise Broken("it leads on from nowhere")
        upon.lift(opened)
        apply(opened, Step(head.to, head.touched, wire.rows(step)))
        upon.lay(opened, [one for one in kept() if one.sequence is None or one.sequence > head.to.sequence])
    return head.to, head.aside


def position_in(directory: Path) -> Position | None:
    """Where a directory is; None when there is none, or one of another schema. Raises sqlite3.Error."""
    if not directory.exists():
        return None
    with closing(sqlite3.connect(directory)) as opened:
        if opened.execute("PRAGMA user_version").fetchone()[0] != SCHEMA:
            return None
        row = opened.execute("SELECT sequence, mark FROM state").fetchone()
        return Position(*row) if row else None


def keep_aside(paths: SystemPaths, own: str, aside: dict[str, Any]) -> None:
    """Keep what lies beside the directory where it lasts. Raises OSError, Broken."""
    try:
        nodes = {one["name"]: Node(**one) for one in aside["nodes"]}
        last = LastNodes(nodes.pop(own), tuple(nodes.values()), tuple(aside["domains"]))
        logins = json.dumps(aside["logins"]).encode()
    except (KeyError, TypeError, ValueError) as error:
        raise Broken(f"what lies beside isn't understood ({error})") from error
    last.write(paths.last_nodes)
    place = paths.last_known
    trunklogins.place(place / paths.trunk_logins.name, logins, os.geteuid())
    for empty in (paths.name_sources, paths.calendar_sources):  # these the mains ask
        trunklogins.place(place / empty.name, b"[]", os.geteuid())
    nameservice.write(place / paths.name_service.name, NameService(), os.geteuid())
    _print(paths).write_text(share.print_of(aside))


def aside_kept(paths: SystemPaths) -> str:
    """The print of what lies beside, "" when there is none."""
    try:
        return _print(paths).read_text()
    except OSError:
        return ""


def _print(paths: SystemPaths) -> Path:
    return paths.last_known / "aside"
