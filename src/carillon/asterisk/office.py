"""Changes of the truth from a phone: a process apart does them, which may read and write what the administrator may.

The process that speaks with Asterisk runs as the service user and only names a change or a question of `changes`, with
plain values.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

from carillon.asterisk.changes import CHANGES, QUESTIONS, UNSEALED
from carillon.model.refused import Refused
from carillon.provisioning.system import open_truth, put_in_force
from carillon.provisioning.trunkkey import TrunkKey
from carillon.system.paths import SystemPaths

PATIENCE_S = 15.0
"""Seconds for a change: another writer may be at it for ten."""
LIMIT = 1 << 20
_PR_SET_PDEATHSIG = 1


class Office:
    """The asking side. One question at a time."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._connection.setblocking(False)
        self._alone = asyncio.Lock()

    async def asks(self, change: str, who: str, *arguments: Any) -> Any:
        """Have a change done in the name of `who`; raises `Refused`. An office that is silent ends the daemon."""
        loop = asyncio.get_running_loop()
        async with self._alone:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await loop.sock_sendall(self._connection, json.dumps([change, who, *arguments]).encode())
                    said = await loop.sock_recv(self._connection, LIMIT)
            except (TimeoutError, OSError):
                said = b""
            if not said:
                print("changes can't be made any more; starting anew", file=sys.stderr, flush=True)
                os._exit(1)
        answer = json.loads(said)
        if "refused" in answer:
            raise Refused(*answer["refused"])
        return answer["done"]


def open_office(system: Path) -> socket.socket:
    """Start the process that changes the truth of a system, with the rights that we have now; it ends with us."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    parent = os.getpid()
    if os.fork() == 0:
        os.setpgid(0, 0)  # the watchdog looks at our group, and could not end this one
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        ours.close()
        if os.getppid() == parent:
            _works(theirs, SystemPaths.of(system))
        os._exit(0)
    theirs.close()
    return ours


def _works(connection: socket.socket, paths: SystemPaths) -> None:
    while said := connection.recv(LIMIT):
        connection.send(json.dumps(_done(paths, json.loads(said))).encode())


def _done(paths: SystemPaths, asked: list[Any]) -> dict[str, Any]:
    change, who, *arguments = asked
    try:
        if paths.satellite.exists():
            from carillon.satellites import deputy  # nobody else needs it

            return {"done": deputy.asks(paths, change, who, arguments)}
        if change in UNSEALED:
            return {"done": UNSEALED[change](open_truth(paths), who, TrunkKey.of(paths))}
        done = (CHANGES | QUESTIONS)[change](open_truth(paths), who, *arguments)
        if change in CHANGES:
            put_in_force(paths)
    except Refused as refused:
        return {"refused": [refused.field, refused.sentence]}
    except Exception as error:  # noqa: BLE001 -- the asker tells the caller, the log tells the administrator
        traceback.print_exc(file=sys.stderr)
        return {"refused": [change, f"could not be done: {error}"]}
    return {"done": done}
