"""Files that only their owner may read: SQLite gives its log files the mode of the database."""

from __future__ import annotations

import os
from pathlib import Path


def private(path: Path) -> None:
    """Make the file, mode 0600, when it is missing. Raises OSError.

    One that is there isn't opened: to close it again would end all locks that SQLite holds on it in this process.
    """
    if path.exists():
        return
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
