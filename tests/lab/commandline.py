"""Commands of the product as people type them, without a new Python for each.

A run of all tests types thousands of them, most while they wait for something, and to import the product anew for each
took a third of the run's processor time. So each is forked from a process that has imported everything, and is alone in
it as it would be in its own: `multiprocessing`'s fork server.
"""

from __future__ import annotations

import ctypes
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.clock import Clock
from tests.lab.sockets import CLONE_NEWNET, enter

ROOT = Path(__file__).parents[2]

CLONE_NEWNS, MS_BIND, MS_SLAVE, MS_REC = 0x20000, 0x1000, 0x80000, 0x4000
_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload(["tests.lab.preloaded"])
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    arguments: tuple[str, ...]
    code: int
    output: str
    error: str

    @property
    def row(self) -> Any:
        """What it printed as JSON."""
        return json.loads(self.output)

    def well(self) -> Done:
        """The same, which must have done what it was told; raises AssertionError with its words."""
        assert self.code == 0, f"carillon {' '.join(self.arguments)}: {self.error or self.output}"
        return self


def run(*arguments: str, namespace: str | None = None, patience_s: float = 240) -> Done:
    """Run `carillon ARGUMENTS`, perhaps on a host of `tests.lab.network`; raises TimeoutError."""
    with tempfile.TemporaryDirectory(prefix="carillon-command-") as folder:
        told = [Path(folder, name) for name in ("output", "error")]
        place = str(Path.cwd()), dict(os.environ)
        process = _FORKED.Process(target=_run, args=(arguments, namespace, *place, *map(str, told)))
        process.start()
        process.join(patience_s)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutError(f"carillon {' '.join(arguments)} did not end within {patience_s:g} s")
        code = process.exitcode
        process.close()
        return Done(arguments, code, *(path.read_text() if path.exists() else "" for path in told))


def run_another(checkout: Path, arguments: tuple[str, ...], namespace: str, patience_s: float) -> Done:
    """As `run`, with another version of the product; raises subprocess.TimeoutExpired."""
    command = ["ip", "netns", "exec", namespace, sys.executable, "-m", "carillon", *arguments]
    told = {**os.environ, "PYTHONPATH": str(checkout / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, env=told, capture_output=True, text=True, timeout=patience_s, check=False)
    return Done(arguments, done.returncode, done.stdout, done.stderr)


def run_by(clock: Clock, arguments: tuple[str, ...], namespace: str, patience_s: float) -> Done:
    """As `run`, by a wrong clock; raises subprocess.TimeoutExpired."""
    command = ["ip", "netns", "exec", namespace, sys.executable, "-m", "tests.lab.wrongclock", *arguments]
    told = {**os.environ, **clock.variables, "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "src", ROOT)))}
    done = subprocess.run(command, env=told, capture_output=True, text=True, timeout=patience_s, check=False)
    return Done(arguments, done.returncode, done.stdout, done.stderr)


def _run(
    arguments: tuple[str, ...], namespace: str | None, cwd: str, variables: dict[str, str], output: str, error: str
) -> None:
    for descriptor, path in ((1, output), (2, error)):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.stdout, sys.stderr = (os.fdopen(descriptor, "w", encoding="utf-8") for descriptor in (1, 2))
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(cwd)
    if namespace is not None:
        _go_to(namespace)
    from carillon.cli.app import main

    code: Any = 1
    try:
        code = main(arguments)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    sys.exit(code)


def _go_to(namespace: str) -> None:
    """As `ip netns exec`: into its network, with its own files in /etc."""
    with Path("/run/netns", namespace).open() as network:
        enter(network.fileno(), CLONE_NEWNET)
    own = Path("/etc/netns", namespace)
    if own.is_dir():
        _must(_LIBC.unshare(CLONE_NEWNS), "unshare")
        _must(_LIBC.mount(b"", b"/", b"none", MS_SLAVE | MS_REC, None), "mount")
        for file in own.iterdir():
            _must(_LIBC.mount(str(file).encode(), f"/etc/{file.name}".encode(), b"none", MS_BIND, None), "mount")


def _must(failed: int, what: str) -> None:
    if failed:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
