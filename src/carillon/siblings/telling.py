"""Telling one sibling by a connection that is made again whenever it ends: everything first, then each change."""

from __future__ import annotations

import asyncio
import ssl
import sys
from contextlib import suppress
from typing import Final, Protocol

from carillon.siblings import saying
from carillon.siblings.saying import Saying
from carillon.siblings.settings import Peer, Settings, name_in, renew
from carillon.siblings.subscriptions import Queue
from carillon.siblings.wire import BEAT_S, bound_to, quick_to_fail

AGAIN_S: Final = 1.0
CONNECT_S: Final = 3.0


class Home(saying.Home, Protocol):
    """This node: nobody is told of its phones before it knows all of them."""

    knows_phones: bool


class Telling:
    """One connection. Whoever has news says so here."""

    def __init__(self, settings: Settings, peer: Peer, home: Home) -> None:
        self._settings, self._peer, self._home = settings, peer, home
        self._context = settings.context(server=False)
        self.subscribed = Queue.between(settings, peer)
        self._saying = Saying(peer.name, home, self.subscribed)
        self._woken, self._left = asyncio.Event(), asyncio.Event()
        self._wants_all = self._connected = False
        self._said = ""

    @property
    def name(self) -> str:
        """That of the sibling."""
        return self._peer.name

    def wakes(self) -> None:
        """Something that is told of this node itself is another one now."""
        self._woken.set()

    def changed(self, part: str, who: str) -> None:
        """In a part of `parts`, something else is so of `who` now."""
        self._saying.changed(part, who)
        self._woken.set()

    def adds(self, kind: str, row: object) -> None:
        """One of the rows of `saying` more."""
        self._saying.adds(kind, row)
        self._woken.set()

    def mirrored(self) -> None:
        """There is something new to copy."""
        self._saying.mirrored()
        self._woken.set()

    async def leaves(self) -> None:
        """Until the sibling was told that this node no longer serves, if it is connected."""
        self._woken.set()
        if self._connected:
            await self._left.wait()

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                await self._connect()
            except (OSError, TimeoutError, EOFError) as error:
                self._say(_words(error))
            await asyncio.sleep(AGAIN_S)

    async def _connect(self) -> None:
        with suppress(OSError):  # in the midst of a renewal: the one of before will do
            renew(self._context, self._settings.nodes)
        there = self._peer.address
        opening = asyncio.open_connection(
            there, self._peer.port, ssl=self._context, local_addr=bound_to(self._settings.listen[0], there)
        )
        reader, writer = await asyncio.wait_for(opening, CONNECT_S)
        heeding = asyncio.ensure_future(self._heed(reader))
        try:
            quick_to_fail(writer)
            if (name := name_in(writer.get_extra_info("peercert"))) != self._peer.name:
                raise ConnectionError(f"it shows the certificate of {name}")
            self._say("")
            self._wants_all = self._connected = True
            self._saying.begins()
            while not heeding.done():
                await self._tell(writer)
            heeding.result()
        finally:
            self._connected = False
            heeding.cancel()
            writer.close()

    async def _heed(self, reader: asyncio.StreamReader) -> None:
        """What it says is that it wants everything again. Raises EOFError when it says no more."""
        try:
            while await reader.readline():
                self._wants_all = True
                self._woken.set()
            raise EOFError("it has closed the connection")
        finally:
            self._woken.set()

    async def _tell(self, writer: asyncio.StreamWriter) -> None:
        """What there is to tell now; then wait for more of it, or until it is to be said that we are up."""
        self._woken.clear()  # what comes while this is told wakes again
        if self._wants_all and self._home.knows_phones:
            self._wants_all = False
            for some in self._saying.everything():
                writer.write(some)
                await writer.drain()
        serving = self._home.serving
        writer.write(self._saying.news())  # all lines at once: each would be a record of TLS, and a packet
        async with asyncio.timeout(CONNECT_S):
            await writer.drain()
        if not serving:
            self._left.set()
        beat = asyncio.get_running_loop().call_later(BEAT_S, self._woken.set)
        await self._woken.wait()
        beat.cancel()

    def _say(self, words: str) -> None:
        if words != self._said:
            said = words or "connected"
            print(f"siblings: {self._peer.name}: {said}", file=sys.stderr, flush=True)
        self._said = words


def _words(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not of this system: {error.verify_message}"
    return str(error) or "no answer in time"
