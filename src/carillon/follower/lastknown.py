"""What a node last knew of the truth: kept where it lasts, so that it starts when the database is away."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

from carillon.provisioning import domains
from carillon.provisioning.lastnodes import LastNodes
from carillon.provisioning.system import load_nodes, load_witnesses
from carillon.provisioning.trunkkey import TrunkKey
from carillon.stores import trunklogins
from carillon.stores.carrying import carried_over
from carillon.stores.private import private
from carillon.system.paths import SystemPaths


def keep(paths: SystemPaths, truth: Engine) -> None:
    """Keep what is in force now, for root alone. Raises `OSError` or `sqlite3.Error`."""
    paths.last_known.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = tuple(view.domain.name for view in domains.listing(truth))
    LastNodes(*load_nodes(paths), names, load_witnesses(paths)).write(paths.last_nodes)
    copy_directory(paths.run_directory, paths.last_known / paths.run_directory.name)
    for file in _told(paths):
        trunklogins.place(paths.last_known / file.name, file.read_bytes(), os.geteuid())


def lay(paths: SystemPaths, owner_uid: int) -> None:
    """Put in force what was kept, for the user `owner_uid`. Raises `OSError` when nothing was."""
    _carry(paths.last_known / paths.run_directory.name)
    trunklogins.place(paths.run_directory, (paths.last_known / paths.run_directory.name).read_bytes(), owner_uid)
    lay_told(paths, owner_uid)


def _carry(kept: Path) -> None:
    """What an older version kept is better than nothing; what can't be used lies there as it was."""
    try:
        if kept.exists() and carried_over(kept):
            print("directory: an earlier version kept it; it is used until all is told anew", file=sys.stderr)
    except sqlite3.Error as failed:
        print(f"directory: what an earlier version kept can't be used: {failed}", file=sys.stderr)


def lay_told(paths: SystemPaths, owner_uid: int) -> None:
    """The same of what daemons are told besides the directory. Raises `OSError`."""
    if not paths.run.is_dir():
        return
    for file in _told(paths):
        if (paths.last_known / file.name).exists() or file != paths.name_service:  # an older version kept none
            trunklogins.place(file, (paths.last_known / file.name).read_bytes(), owner_uid)
    key = TrunkKey.of(paths).path
    if key.exists():
        trunklogins.place(paths.trunk_logins.with_name(key.name), key.read_bytes(), owner_uid)


def _told(paths: SystemPaths) -> tuple[Path, ...]:
    """What daemons are told. Logins and tokens are sealed in it; the key lies in the system's own directory."""
    return paths.trunk_logins, paths.name_sources, paths.calendar_sources, paths.name_service


def copy_directory(source: Path, target: Path) -> None:
    """Copy a directory that may be in use, by rename, for root alone. Raises `OSError` or `sqlite3.Error`."""
    fresh = target.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    private(fresh)
    with closing(sqlite3.connect(source)) as whole, closing(sqlite3.connect(fresh)) as copy:
        whole.backup(copy)
    fresh.rename(target)
