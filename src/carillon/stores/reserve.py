"""Room that is kept for registrations: a file of zeros beside them, given up piece by piece when their disk is full.

So phones register, and Kamailio starts again with all that it knew, until somebody has made room. In pieces, since
whatever has filled the disk fills the next piece, too.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

PIECE = 2 << 20
"""Bytes: Kamailio's file needs a small part of it when it is opened, and for what changed in a minute."""
SIZE = 8 * PIECE
PLENTY = 100_000_000
_NAME = "reserve"


def keep(directory: Path) -> None:
    """Make the reserve, or make it whole again, where there is room enough; says nothing when it can't."""
    file = directory / _NAME
    if _size(file) >= SIZE or shutil.disk_usage(directory).free < PLENTY:
        return
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    except OSError:
        return
    try:
        os.posix_fallocate(descriptor, 0, SIZE)
        os.fchown(descriptor, directory.stat().st_uid, -1)
    except OSError:
        return
    finally:
        os.close(descriptor)


def release(directory: Path) -> bool:
    """Give one piece up, so that others may write; whether there was one. Raises OSError."""
    file = directory / _NAME
    size = _size(file)
    if size == 0:
        return False
    os.truncate(file, max(0, size - PIECE))
    return True


def require(directory: Path) -> None:
    """Give a piece up when the disk is full, before Kamailio starts or ends: it reads and writes its file then.

    Raises OSError.
    """
    if directory.exists() and shutil.disk_usage(directory).free < PIECE:
        release(directory)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0
