"""Listening to the workers' decisions, for the ladder of a live scenario."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from pathlib import Path
from typing import Any


class Listener:
    """Collects what the workers send to the trace socket."""

    def __init__(self, path: Path) -> None:
        self.rows: list[dict[str, Any]] = []
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path.unlink(missing_ok=True)
        self._socket.bind(str(path))
        path.chmod(0o666)
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def ladder(self, since: float) -> str:
        """The decisions since a Unix time, with their rules."""
        lines: list[str] = []
        for row in self.rows:
            if row["at"] >= since:
                lines.append(f"+{row['at'] - since:7.3f} {row['route']}: {row['message']} → {row['outcome']}")
                lines += [f"            {rule:18} {verdict:14} {fact}" for rule, verdict, fact in row["trace"]]
        return "\n".join(lines)

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self.rows.append(json.loads(self._socket.recv(1 << 16)))


def now() -> float:
    """The time as the workers write it."""
    return time.time()
