"""One call in the hands of a program: commands out, answers in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from carillon.asterisk.agi import wire
from carillon.asterisk.agi.wire import Answer

HANGUP = "HANGUP"
TRYING = "100 "
"""Before the answer of a subroutine."""


class HungUp(Exception):
    """The call has ended: nobody is there to hear anything."""


class Session:
    """A connection of Asterisk's. `about` is what it said of the call at the beginning."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, about: Mapping[str, str]) -> None:
        self.about = about
        self._reader, self._writer = reader, writer

    async def says(self, name: str, *arguments: object) -> Answer:
        """Do one command; raises `HungUp`, and `wire.Refused` for what Asterisk does not know."""
        try:
            self._writer.write(wire.command(name, *arguments).encode())
            await self._writer.drain()
            line = await self._line()
        except (OSError, asyncio.IncompleteReadError) as error:
            raise HungUp from error
        if line.startswith("511"):  # "Command Not Permitted on a dead channel"
            raise HungUp
        if line.startswith("520-"):  # usage, until a line that begins with 520
            while not (await self._line()).startswith("520"):
                pass
        return wire.answer(line)

    async def _line(self) -> str:
        """The next line that is an answer: Asterisk may say in between that the caller hung up."""
        while True:
            line = await self._reader.readline()
            if not line:
                raise HungUp
            text = line.decode("utf-8", "replace")
            if not text.startswith((HANGUP, TRYING)):
                return text
