"""A system of one's own, driven by the command line as people do."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from tests.lab import commandline

from carillon.system.paths import SystemPaths

COMMAND = Path(__file__).resolve().parents[2] / "bin" / "carillon"
ENVIRONMENT = {**os.environ, "CARILLON_PYTHON": sys.prefix, "COLUMNS": "200"}
_serial = itertools.count(1)


def own_address() -> str:
    """A loopback address that no other test, of this run or another one, uses at the same time."""
    pid, number = os.getpid(), next(_serial)
    return f"127.{64 + (pid >> 8) % 128}.{pid % 256}.{number}"


def until(condition: Callable[[], bool], what: str, patience_s: float = 30.0) -> None:
    """Wait until `condition` holds; fail, saying `what` was awaited, when it doesn't in time."""
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {patience_s} s in vain: {what}"
        time.sleep(0.05)


@dataclass
class Installation:
    """One system in `directory`."""

    directory: Path
    address: str

    @property
    def paths(self) -> SystemPaths:
        return SystemPaths.of(self.directory)

    def carillon(self, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run the command line for this system."""
        return subprocess.run(
            [COMMAND, "--dir", self.directory, *arguments],
            env=ENVIRONMENT,
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )

    def create(self, *options: str) -> None:
        done = self.carillon(
            "create", str(self.directory), "--domain", "carillon.test", "--address", self.address, *options
        )
        assert done.returncode == 0, done.stderr

    def up(self, cwd: Path | None = None) -> None:
        done = self.carillon("up", cwd=cwd)
        assert done.returncode == 0, done.stderr

    def down(self) -> None:
        assert self.carillon("down").returncode == 0

    def remove(self) -> None:
        """Stop the system and forget its registrations, which outlive a stop."""
        self.down()
        shutil.rmtree(self.paths.state, ignore_errors=True)

    def status(self) -> dict[str, Any]:
        """`carillon status --json`, which is asked again and again."""
        return dict(commandline.run("--dir", str(self.directory), "status", "--json").row)

    def component(self, name: str) -> dict[str, Any]:
        return next(one for one in self.status()["components"] if one["name"] == name)

    def processes(self) -> list[int]:
        """Every process whose command line names the run directory."""
        return [
            process.pid
            for process in psutil.process_iter(["cmdline"])
            if any(str(self.paths.run) in word for word in process.info["cmdline"] or ())
        ]

    def component_pids(self, name: str) -> list[int]:
        """The processes of one engine, its main one first."""
        run = str(self.paths.run / name)
        found = [
            process
            for process in psutil.process_iter(["cmdline"])
            if any(run in word for word in process.info["cmdline"] or ())
        ]
        return [process.pid for process in sorted(found, key=lambda one: (one.create_time(), one.pid))]
