"""Commands of the product, run as people run them, and what they cost."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass

from carillon.system.paths import SystemPaths


@dataclass(frozen=True, slots=True)
class Done:
    """What one command took: the clock's seconds, CPU seconds, and its most memory in KiB."""

    seconds: float
    cpu_seconds: float
    most_memory_kib: int


def carillon(paths: SystemPaths, *words: str) -> Done:
    """Run `carillon --dir … WORDS`; its bar goes to the terminal. Raises RuntimeError when it is refused."""
    command = [sys.executable, "-m", "carillon", "--dir", str(paths.directory), *words]
    begin = time.perf_counter()
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    process = os.posix_spawn(command[0], command, os.environ, file_actions=quiet)
    _, status, usage = os.wait4(process, 0)
    if status:
        raise RuntimeError(f"carillon {' '.join(words)}: exit status {os.waitstatus_to_exitcode(status)}")
    return Done(time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
