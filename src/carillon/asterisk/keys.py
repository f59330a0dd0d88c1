"""What keys of phones set, told by the presence server in datagrams of JSON: a change, and its arguments.

It has answered the phone already. What is in force, the phone is told by its subscription; what was refused it has not
been told, and its key goes back.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from pathlib import Path
from typing import Final

from carillon.asterisk.office import Office
from carillon.model.refused import Refused

BY_KEY: Final = frozenset({"presence set", "dnd end", "forwarding set", "forwarding unset"})
LONGEST: Final = 4096


class Keys:
    """Hears them one by one, so that the last one counts."""

    def __init__(self, path: Path, office: Office) -> None:
        path.unlink(missing_ok=True)
        self._office = office
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(str(path))
        os.chmod(path, 0o600)

    def close(self) -> None:
        """Hear nothing any more."""
        self._socket.close()

    async def works(self) -> None:
        """Until the daemon ends."""
        loop = asyncio.get_running_loop()
        while True:
            await self.sets(await loop.sock_recv(self._socket, LONGEST))

    async def sets(self, told: bytes) -> None:
        """Have one change done in the name of the phone, as codes do; what is none is left out, and said in the log."""
        try:
            change, aor, *arguments = map(str, json.loads(told))
            if change not in BY_KEY:
                raise ValueError(change)
            await self._office.asks(change, f"phone {aor}", aor, *arguments)
        except Refused as refused:
            print(f"keys: {aor} can't have it: {refused.sentence}", file=sys.stderr, flush=True)
        except (ValueError, TypeError) as wrong:
            print(f"keys: {told[:100]!r} is no change by key: {wrong}", file=sys.stderr, flush=True)
