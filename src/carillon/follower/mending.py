"""A member of the cluster that could not write what the others wrote leaves it, and would stay away for ever.

As on a full disk: MariaDB goes on without taking anybody in. Once there is room it is started again, and is sent by the
others what it lacks.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from carillon.stores.sql.cluster import has_left
from carillon.stores.sql.database import Database
from carillon.supervision.disks import FULL
from carillon.supervision.supervisor import restart
from carillon.system.paths import SystemPaths

LOOK_S = 5.0


def mend(paths: SystemPaths, again: Callable[[Path, str], None] = restart) -> bool:
    """Start this node's own member anew when it has left its cluster and there is room; whether that was so."""
    if not paths.own_database.exists() or not paths.database.exists():
        return False
    if not has_left(replace(Database.read(paths.database), hosts=())):
        return False
    if shutil.disk_usage(paths.own_database).free < FULL:
        return False
    print("follower: the database has left its cluster, and is started again", flush=True)
    again(paths.supervisor_socket, "database")
    return True
