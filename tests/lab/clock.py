"""A wrong clock for one host of the lab: `clock.c`, preloaded into whatever is started there."""

from __future__ import annotations

import mmap
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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
    @contextmanager
    def open(cls, ahead_s: float = 0) -> Iterator[Clock]:
        """One that is so many seconds ahead, or, below 0, behind; who has it must have ended at the end."""
        with tempfile.TemporaryDirectory(prefix="carillon-clock-") as folder:
            Path(folder).chmod(0o755)  # engines run as another user
            made = cls(Path(folder, "ahead"), Path(folder, "clock.so"))
            subprocess.run(["cc", *_FLAGS, "-o", str(made.library), str(SOURCE), "-ldl"], check=True)
            made.file.write_bytes(NUMBER.pack(0))
            made.is_ahead(ahead_s)
            yield made

    def is_ahead(self, seconds: float) -> None:
        """Set it, also for processes that run; below 0 it is behind."""
        with self.file.open("r+b") as file, mmap.mmap(file.fileno(), NUMBER.size) as shared:
            shared[: NUMBER.size] = NUMBER.pack(round(seconds * SECOND))

    @property
    def variables(self) -> dict[str, str]:
        """With these in its environment a process has this clock, and so have those that it starts."""
        return {"LD_PRELOAD": str(self.library), "CARILLON_LAB_CLOCK": str(self.file)}
