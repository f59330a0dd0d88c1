"""A wrong clock for one host of the lab: `clock.c`, preloaded into whatever is started there."""

from __future__ import annotations

import mmap
import os
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")
NUMBER = struct.Struct("=q")
SECOND = 10**9
_FLAGS = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Wno-deprecated-declarations", "-O2", "-shared", "-fPIC"]


@dataclass(frozen=True)
class Clock:
    """What shows how wrong the clock is, and the library that has it so."""

    file: Path
    library: Path

    @classmethod
    def build(cls, place: Path, ahead_s: float = 0) -> Clock:
        """Make one in a directory that is not there yet; its clock is so many seconds ahead, or, below 0, behind."""
        place.mkdir()
        for folder in (place, *place.parents):  # engines run as another user
            if folder.stat().st_uid == os.geteuid() and not folder.stat().st_mode & 0o001:
                folder.chmod(folder.stat().st_mode | 0o001)
        made = cls(place / "ahead", place / "clock.so")
        subprocess.run(["cc", *_FLAGS, "-o", str(made.library), str(SOURCE), "-ldl"], check=True)
        made.file.write_bytes(NUMBER.pack(0))
        made.is_ahead(ahead_s)
        return made

    def is_ahead(self, seconds: float) -> None:
        """Set it, also for processes that run; below 0 it is behind."""
        with self.file.open("r+b") as file, mmap.mmap(file.fileno(), NUMBER.size) as shared:
            shared[: NUMBER.size] = NUMBER.pack(round(seconds * SECOND))

    @property
    def variables(self) -> dict[str, str]:
        """With these in its environment a process has this clock, and so have those that it starts."""
        return {"LD_PRELOAD": str(self.library), "CARILLON_LAB_CLOCK": str(self.file)}
