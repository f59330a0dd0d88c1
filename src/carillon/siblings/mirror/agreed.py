"""Until when each sibling has heard of all that was removed: what one of them has not, is not forgotten here.

So a node that is away for months brings nothing back. One that has left the system keeps nobody waiting.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final

from carillon.stores import gone

FILE: Final = ".agreed"


class Agreed:
    """In a file of the directory `root`; `peers` are those that are in the system.

    One that was never compared with had no copies from here, and there is nothing that it could bring back.
    """

    def __init__(self, root: Path, peers: Collection[str]) -> None:
        self._file, self._peers, self._lock = root / FILE, frozenset(peers), Lock()

    def note(self, name: str, at: int) -> None:
        """A sibling has nothing that was removed before `at` (Unix time in ns). Raises OSError."""
        with self._lock:
            known = {peer: one for peer, one in self._read().items() if peer in self._peers}
            gone.write(self._file, json.dumps({**known, name: at}))

    def until(self) -> int | None:
        """Until when all have; None where nobody needs to."""
        with self._lock:
            return min((at for name, at in self._read().items() if name in self._peers), default=None)

    def _read(self) -> dict[str, int]:
        with suppress(OSError, ValueError, TypeError, AttributeError):
            return {str(name): int(at) for name, at in json.loads(self._file.read_text()).items()}
        return {}
