"""A disk for one node of the lab, so small that a test can fill it: a tmpfs under all that the node keeps."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from carillon.system.paths import SystemPaths

BLOCK = 65536


@dataclass(frozen=True)
class SmallDisk:
    """What holds a node's directory with its logs, its registrations, its database and its recordings."""

    place: Path

    @classmethod
    @contextmanager
    def under(cls, paths: SystemPaths, place: Path, megabytes: int) -> Iterator[SmallDisk]:
        """Put a disk under a node that is not there yet; at the end it is gone with all on it."""
        with ExitStack() as stack:
            place.mkdir()
            _mount(stack, place, "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs")
            for target in (paths.directory, paths.state, paths.voicemail.parent):
                source = place / target.parent.name / target.name
                source.mkdir(parents=True)
                target.mkdir(parents=True, exist_ok=True)
                stack.callback(target.rmdir)
                _mount(stack, target, "--bind", str(source))
            yield cls(place)

    def fill(self) -> None:
        """Write until not one block more fits."""
        with self._ballast.open("ab", buffering=0) as ballast:
            for size in (BLOCK, 1):
                try:
                    while True:
                        ballast.write(bytes(size))
                except OSError as full:
                    if full.errno != errno.ENOSPC:
                        raise

    def make_room(self) -> None:
        """Take away what `fill` wrote."""
        self._ballast.unlink()

    @property
    def free(self) -> int:
        """Bytes that still fit."""
        found = os.statvfs(self.place)
        return found.f_bavail * found.f_bsize

    @property
    def _ballast(self) -> Path:
        return self.place / "ballast"


def _mount(stack: ExitStack, target: Path, *how: str) -> None:
    subprocess.run(["mount", *how, str(target)], check=True)
    stack.callback(subprocess.run, ["umount", "--lazy", str(target)], check=True)
