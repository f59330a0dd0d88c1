"""A FastAGI server: Asterisk connects for each call, says who it is and which script it wants."""

from __future__ import annotations

import asyncio
import hmac
import sys
import traceback
from collections.abc import Awaitable, Callable

from carillon.asterisk.agi import wire
from carillon.asterisk.agi.ping import PING, PONG
from carillon.asterisk.agi.session import HungUp, Session

BEGIN_S = 5.0
MOST_LINES = 200


Serve = Callable[[str, Session], Awaitable[None]]


class Server:
    """Hands each connection that proves to be Asterisk's to `serve`, with the name of the script.

    Proof is `key`, which stands before the name in the address that the dial plan calls.
    """

    def __init__(self, key: str, serve: Serve) -> None:
        self._key, self._serve = key, serve

    async def listen(self, address: str, port: int) -> asyncio.Server:
        """Listen; raises OSError."""
        return await asyncio.start_server(self._connected, address, port)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(BEGIN_S):
                about = await _about(reader, writer)
            key, _, name = about.get("network_script", "").partition("/")
            if about and hmac.compare_digest(key.encode(), self._key.encode()):
                await self._serve(name, Session(reader, writer, about))
        except (HungUp, OSError, TimeoutError):
            pass
        except Exception:  # noqa: BLE001 -- one call must not end the others; the dial plan tells its caller
            traceback.print_exc(file=sys.stderr)
        finally:
            writer.close()


async def _about(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> dict[str, str]:
    """The lines with which a call begins; empty for who only asks whether we are there."""
    lines: list[str] = []
    while len(lines) < MOST_LINES:
        line = await reader.readline()
        if line == PING:
            writer.write(PONG)
            await writer.drain()
        if line in (b"", b"\n", PING):
            break
        lines.append(line.decode("utf-8", "replace"))
    return wire.environment(lines)
