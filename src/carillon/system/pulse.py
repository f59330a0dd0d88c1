"""By what a daemon shows that it goes round: the time of a file, by a clock that nobody sets."""

from __future__ import annotations

import os
import time
from pathlib import Path

NAME = "pulse"
"""The file, in the daemon's directory."""


def beat(file: Path) -> None:
    """Say that it goes round now. Raises OSError."""
    now = time.monotonic_ns()
    try:
        os.utime(file, ns=(now, now))
    except FileNotFoundError:
        file.touch()
        os.utime(file, ns=(now, now))


def age_s(run: Path) -> float:
    """Seconds since the daemon of this directory last went round; 0 when it never did."""
    try:
        return max(0.0, time.monotonic() - (run / NAME).stat().st_mtime)
    except FileNotFoundError:
        return 0.0
