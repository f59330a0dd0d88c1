"""The demo's provider while the demo runs: started before it, gone after it, however it ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import carillon
from carillon.confgen.apply import own
from carillon.model.node import Node
from carillon.supervision.code import install_code
from carillon.supervision.demoprovider.configuration import Context, command, files
from carillon.supervision.leftovers import end, leftovers
from carillon.supervision.ports import Endpoint, is_free
from carillon.supervision.sipprobe import answers_options
from carillon.supervision.supervisor import states
from carillon.system.paths import SERVICE_USER, SystemPaths

PATIENCE_S = 15.0
STEP_S = 0.1


@contextmanager
def running(paths: SystemPaths, node: Node) -> Iterator[Callable[[], str]]:
    """Run the provider while the block lasts. Gives what waits until it answers, and says what is wrong, or "".

    Beside a demo that runs already, nothing is done: that one has its provider.
    """
    if states(paths.supervisor_socket) is not None:
        yield lambda: ""
        return
    context = Context(paths.run_root / f"{paths.identity}-provider", node.address, node.sip_port)
    end(leftovers(context.run))
    taken = Endpoint("address", "udp", context.address, context.port)
    if not is_free(taken):
        words = f"{taken} is in use, so the demo's own provider isn't started; calls outside go to whoever is there."
        yield lambda: words
        return
    _lay_out(context)
    process = _start(paths, context)
    try:
        yield lambda: _await_answer(process, context, paths)
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(context.run, ignore_errors=True)
        if paths.run_root.is_dir() and not any(paths.run_root.iterdir()):
            paths.run_root.rmdir()


def _lay_out(context: Context) -> None:
    context.run.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    shutil.rmtree(context.run, ignore_errors=True)
    for directory in (context.run, context.run / "spool", context.run / "log"):
        own(directory)
    for name, text in files(context).items():
        (context.run / name).write_text(text)
        (context.run / name).chmod(0o644)


def _start(paths: SystemPaths, context: Context) -> subprocess.Popen[bytes]:
    """As the service user, in a process group of its own; our launcher lets it end when this process does."""
    code = install_code(Path(carillon.__file__).parent)
    launch = [sys.executable, "-m", "carillon.supervision.launch", str(context.run), "--", *command(context)]
    paths.logs.mkdir(mode=0o750, parents=True, exist_ok=True)
    with _log(paths).open("wb") as log:
        return subprocess.Popen(
            launch,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(context.run), "PYTHONPATH": str(code)},
            user=SERVICE_USER,
            group=SERVICE_USER,
            extra_groups=[],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _await_answer(process: subprocess.Popen[bytes], context: Context, paths: SystemPaths) -> str:
    deadline = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        if not answers_options(context.address, context.port, context.address, STEP_S):
            return ""
        time.sleep(STEP_S)
    return f"the demo's provider doesn't answer; see {os.path.relpath(_log(paths))}."


def _log(paths: SystemPaths) -> Path:
    return paths.logs / "provider.log"
