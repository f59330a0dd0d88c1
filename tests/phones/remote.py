"""The other end of a phone's process: starts it, sends it commands, keeps what it says."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, Any

from tests.phones.journal import Journal
from tests.phones.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 20.0  # on a busy machine; half a second otherwise
ANSWER_SECONDS = 10.0
FAREWELL_SECONDS = 5.0


class PhoneRefusedError(RuntimeError):
    """The phone couldn't do what it was told, as when it has no such call any more."""


class Remote:
    """A phone's process. It leaves by itself when this one ends, as its standard input ends then."""

    def __init__(self, settings: Settings, namespace: str | None) -> None:
        """Start the process, in a network namespace if one is given (needs root then)."""
        self.journal = Journal(settings.name)
        self._name = settings.name
        self._numbers = itertools.count(1)
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the phone
        self._child = subprocess.Popen(
            [*_prefix(namespace), sys.executable, "-m", "tests.phones.worker"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            bufsize=1,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._write(settings.to_json())

    @property
    def pid(self) -> int:
        """The process's pid."""
        return self._child.pid

    def command(self, command: str, **fields: Any) -> Any:
        """Have the phone do a command and give its result; raises PhoneRefusedError, TimeoutError."""
        self.journal.wait(START_SECONDS, event="ready")
        number = next(self._numbers)
        self._write(json.dumps({"number": number, "command": command, **fields}))
        answer = self.journal.wait(ANSWER_SECONDS, number=number)
        if answer["event"] == "failed":
            raise PhoneRefusedError(f"{self._name}: {command}: {answer['why']}")
        return answer["result"]

    def close(self) -> None:
        """Have it hang up, unregister and leave; kill it when it doesn't within 5 s."""
        self._write(json.dumps({"number": next(self._numbers), "command": "quit"}))
        try:
            self._child.wait(FAREWELL_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
        self._release()

    def kill(self) -> None:
        """End it at once: nobody is told."""
        self._child.kill()
        self._release()

    def _release(self) -> None:
        self._child.wait()
        self._reader.join()
        for pipe in (self._child.stdin, self._child.stdout, self._errors):
            if pipe:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    def _write(self, line: str) -> None:
        assert self._child.stdin
        with contextlib.suppress(BrokenPipeError, ValueError):  # it is gone: the journal says so to who waits
            self._child.stdin.write(line + "\n")

    def _read(self) -> None:
        assert self._child.stdout
        for line in self._child.stdout:
            self.journal.add(json.loads(line))
        self._errors.seek(0)
        last_words = self._errors.read().decode(errors="replace").strip().splitlines()[-5:]
        self.journal.close("; ".join(last_words) or "its process ended")


def _prefix(namespace: str | None) -> list[str]:
    return ["ip", "netns", "exec", namespace] if namespace else []
