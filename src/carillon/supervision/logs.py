"""The logs of the components: one file each, rotated and bounded by the supervisor."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from carillon.confgen.targets import ENGINES, SHARED
from carillon.model.refused import Refused
from carillon.system.paths import SystemPaths

LINES = 50
COMPONENTS = (*ENGINES, *SHARED, "supervisor")


def log_files(paths: SystemPaths, component: str | None) -> list[Path]:
    """The log of one component, or of all. Raises `Refused` for an unknown one, or before the first start."""
    if component is not None and component not in COMPONENTS:
        raise Refused("component", f"{component!r} is none; choose one of {', '.join(COMPONENTS)}.")
    names = COMPONENTS if component is None else (component,)
    files = [paths.logs / f"{name}.log" for name in names]
    there = [file for file in files if file.exists()]
    if not there:
        raise Refused("dir", f"nothing is logged yet in {paths.logs}; start the system with `carillon up`.")
    return there


def last_lines(files: list[Path], lines: int = LINES) -> Iterator[tuple[str, str]]:
    """The last lines of each file, with the component's name."""
    for file in files:
        for line in file.read_text(errors="replace").splitlines()[-lines:]:
            yield file.stem, line


def follow(files: list[Path]) -> None:
    """Become `tail`, which follows the files through their rotation until Ctrl-C."""
    os.execvp("tail", ["tail", f"--lines={LINES}", "--follow=name", "--retry", *map(str, files)])
