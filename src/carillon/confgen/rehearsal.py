"""Native checks: what each component itself says of a staged configuration, as the service user."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from typing import IO

from carillon.confgen.system import System
from carillon.confgen.targets import Engine, engine
from carillon.system.paths import SERVICE_USER
from carillon.zones.native import objections

PATIENCE_S = 20.0
STEP_S = 0.02
ALONE = ("unshare", "--net", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
AS_USER = ("setpriv", f"--reuid={SERVICE_USER}", f"--regid={SERVICE_USER}", "--clear-groups", "--")
_BASE = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


def kamailio_says(staged: System) -> str:
    """What Kamailio's own check objects to; empty when it accepts."""
    return _kamailio_says(staged, "kamailio")


def presence_says(staged: System) -> str:
    """The same of the presence server, which is a Kamailio too."""
    return _kamailio_says(staged, "presence")


def _kamailio_says(staged: System, name: str) -> str:
    module = engine(name)
    context = module.context(staged)
    done = subprocess.run(
        [*module.command(context), "-c"],
        env={**_BASE, **module.environment(context)},
        user=SERVICE_USER,
        group=SERVICE_USER,
        extra_groups=[],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    worst = [line for line in done.stderr.splitlines() if "ERROR" in line or "CRITICAL" in line]
    return "" if done.returncode == 0 else _gist("\n".join(worst) or done.stderr)


def redis_says(staged: System) -> str:
    """Redis has no check: start it on the staged socket for a moment."""
    return _rehearse(staged, engine("redis"), [], staged.paths.redis_socket.exists)


def rtpengine_says(staged: System) -> str:
    """rtpengine has no check: start it for a moment, alone in an empty network of its own."""
    if not _can_be_alone():
        return ""
    module = engine("rtpengine")
    started = module.context(staged).pidfile
    return _rehearse(staged, module, [*ALONE, *AS_USER], started.exists)


def asterisk_says(staged: System) -> str:
    """Asterisk has no check: start it for a moment, alone in an empty network of its own."""
    if not _can_be_alone():
        return ""
    module = engine("asterisk")
    program, flag, file, *_ = module.command(module.context(staged))
    ask = [program, flag, file, "-rx", "core waitfullybooted"]

    def booted() -> bool:
        return subprocess.run(ask, capture_output=True, timeout=PATIENCE_S, check=False).returncode == 0

    return _rehearse(staged, module, [*ALONE, *AS_USER], booted, forbidden=" ERROR[")


def supervisor_says(staged: System) -> str:
    """supervisord has no check: let its own parser read the file."""
    file = staged.paths.run / "supervisord.conf"
    parse = "import sys; from supervisor.options import ServerOptions; ServerOptions().realize(['-c', sys.argv[1]])"
    done = subprocess.run(
        [str(staged.interpreter), "-c", parse, str(file)], env=_BASE, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else _gist(done.stderr)


def nameserver_says(staged: System) -> str:
    """What NSD's own checks object to, where the node is a name server."""
    run, service = staged.paths.run / "nameserver", staged.name_service
    if not service.listen:
        return ""
    return _gist(objections(run, "nsd.conf", [zone.domain for zone in service.zones]))


CHECKS: dict[str, Callable[[System], str]] = {
    "redis": redis_says,
    "rtpengine": rtpengine_says,
    "asterisk": asterisk_says,
    "presence": presence_says,
    "kamailio": kamailio_says,
    "nameserver": nameserver_says,
    "supervisor": supervisor_says,
}
"""By target; a target without one (tls) is checked by `verify` alone."""


def _can_be_alone() -> bool:
    return bool(shutil.which("unshare")) and not subprocess.run(["unshare", "--net", "true"], check=False).returncode


def _rehearse(staged: System, module: Engine, prefix: list[str], ready: Callable[[], bool], forbidden: str = "") -> str:
    context = module.context(staged)
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [*prefix, *module.command(context)],
            env={**_BASE, **module.environment(context)},
            user=None if prefix else SERVICE_USER,
            group=None if prefix else SERVICE_USER,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            started = _await(process, ready)
        finally:
            process.terminate()
            process.wait(PATIENCE_S)
        return _verdict(log, started, forbidden)


def _await(process: subprocess.Popen[bytes], ready: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        if ready():
            return True
        time.sleep(STEP_S)
    return False


def _verdict(log: IO[str], started: bool, forbidden: str) -> str:
    log.seek(0)
    text = log.read()
    wrong = [line for line in text.splitlines() if forbidden and forbidden in line]
    if started and not wrong:
        return ""
    return _gist("\n".join(wrong) or text or "it did not start in time")


def _gist(text: str, lines: int = 6) -> str:
    """The last lines that say something."""
    return "\n".join([line.strip() for line in text.splitlines() if line.strip()][-lines:])
