"""`python -m carillon.supervision.launch RUN -- COMMAND…`: become COMMAND, after clearing the way for it.

The supervisor starts every engine through this: it ends what is left of the engine's last incarnation, makes
sure that the engine doesn't outlive the supervisor, and raises the limit of open files.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

from carillon.supervision.leftovers import end, leftovers, record_own_group

PR_SET_PDEATHSIG = 1
OPEN_FILES = 65536


def main(arguments: list[str]) -> None:
    """Replace this process by the command after `--`. Raises OSError when it can't be executed."""
    run, dashes, *command = arguments
    if dashes != "--" or not command:
        raise SystemExit("usage: python -m carillon.supervision.launch RUN -- COMMAND [ARGUMENT]...")
    parent = os.getppid()
    end(leftovers(Path(run)))
    record_own_group(Path(run))
    _raise_open_files()
    die_with(parent)
    os.execv(command[0], command)


def _raise_open_files() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def die_with(parent: int) -> None:
    """Ask the kernel for a SIGTERM when the parent ends, however it ends; this outlives the exec."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        raise SystemExit("the supervisor has ended meanwhile")


if __name__ == "__main__":
    main(sys.argv[1:])
