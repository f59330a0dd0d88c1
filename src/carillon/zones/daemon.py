"""`python -m carillon.zones.daemon SETTINGS`: runs NSD, and has it answer what the truth says now.

It follows the file in which this node is told what it answers. A change is checked by NSD's own tools in a directory
of its own first; then NSD reads it without stopping. What is not accepted changes nothing, and is said.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from carillon.confgen.nameserver.target import CONFIGURATION, PROGRAM, Context, nsd_files
from carillon.model.zone import NameService
from carillon.stores.nameservice import read
from carillon.stores.trunklogins import stamp
from carillon.system.pulse import beat
from carillon.zones.asking import answers
from carillon.zones.native import objections

LOOK_S = 0.25
ASK_S = 1.0
"""How often NSD is asked whether it answers."""
PATIENCE_S = 10.0
PROBLEM = "problem"


@dataclass
class Server:
    """NSD, and what it answers now. `context` says where its files lie."""

    context: Context
    process: subprocess.Popen[bytes] | None = None
    seen: object = None
    asked: float = 0.0
    files: dict[str, str] = field(default_factory=dict)

    def look(self, now: float) -> None:
        """Put in force what has changed, and ask NSD whether it answers; raises SystemExit when it has ended."""
        if (seen := stamp(self.context.told)) != self.seen:
            self.seen = seen
            self._follow(read(self.context.told))
        if self.process and self.process.poll() is not None:
            raise SystemExit(f"NSD has ended with status {self.process.returncode}")
        if now >= self.asked + ASK_S:
            self.asked = now
            self._ask()

    def _follow(self, service: NameService) -> None:
        fresh = replace(self.context, service=service)
        if not service.listen or not service.zones:
            return
        files = nsd_files(fresh)
        if files == self.files:
            return
        words = self._objections(fresh, files)
        self._tell(words)
        if words:
            return
        moved = self.context.service.listen and _place(service) != _place(self.context.service)
        for name, text in files.items():
            _swap(self.context.run / name, text)
        self.context, self.files = fresh, files
        if moved:
            raise SystemExit("the addresses have changed; starting anew")
        if self.process is None:
            self.process = subprocess.Popen(
                ["/usr/bin/setpriv", "--pdeathsig=TERM", "--", PROGRAM, "-d", "-c", str(fresh.run / CONFIGURATION)]
            )
        else:
            self._control("reconfig")
            self._control("reload")

    def _objections(self, fresh: Context, files: dict[str, str]) -> str:
        staged = self.context.run / "staged"
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(mode=0o700)
        for name, text in files.items():
            (staged / name).write_text(text)
        return objections(staged, CONFIGURATION, [zone.domain for zone in fresh.service.zones])

    def _control(self, verb: str) -> None:
        """Tell NSD; one that doesn't listen yet reads the files in a moment anyway."""
        command = ["/usr/sbin/nsd-control", "-c", str(self.context.run / CONFIGURATION), verb]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        if done.returncode != 0:
            self.files = {}
            self.seen = None
            print(f"nsd-control {verb}: {(done.stderr or done.stdout).strip()}", file=sys.stderr, flush=True)

    def _ask(self) -> None:
        """Whoever watches us sees by the pulse that NSD answers."""
        service = self.context.service
        if not service.zones or answers(service.listen[0], service.port, service.zones[0].domain):
            beat(self.context.run / "pulse")

    def _tell(self, words: str) -> None:
        problem = self.context.run / PROBLEM
        if words:
            print(f"NSD refuses the zones; the old ones stay: {words}", file=sys.stderr, flush=True)
            problem.write_text(words)
        else:
            problem.unlink(missing_ok=True)


def _place(service: NameService) -> object:
    return service.listen, service.port


def _swap(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text)
    fresh.replace(path)


def main() -> None:
    """Run until told to stop, or until NSD has ended: the supervisor starts both again."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = Path(sys.argv[1])
    told = Path(json.loads(settings.read_text())["told"])
    server = Server(Context(settings.parent, told, Path(sys.executable), Path()))
    while True:
        server.look(time.monotonic())
        time.sleep(LOOK_S)


if __name__ == "__main__":
    main()
