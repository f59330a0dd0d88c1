"""A file for an administrator on another node: its size in a line of JSON, then the file, a piece after the other."""

from __future__ import annotations

import asyncio
import json
from typing import Any, BinaryIO, Final

from carillon.siblings.asked import file_asked
from carillon.siblings.settings import Settings

PIECE: Final = 64 * 1024
TAKEN_S: Final = 8.0
"""Who takes no piece for so long is gone."""
SLOW: Final = 30_000
"""Bytes a second over the link of a branch, which calls need more."""
SLOW_PIECE: Final = 3_000


async def send(settings: Settings, writer: asyncio.StreamWriter, question: list[Any]) -> None:
    """Answer one of `asked.FILES`. Raises OSError and TimeoutError when it is not taken."""
    await give(writer, *await asyncio.to_thread(file_asked, settings, question))


async def give(
    writer: asyncio.StreamWriter, answer: dict[str, Any], file: BinaryIO | None, *, slowly: bool = False
) -> None:
    """An answer and its file, which is closed; `slowly` over the link of a branch. Raises OSError and TimeoutError."""
    writer.write(json.dumps(answer).encode() + b"\n")
    if file is None:
        await writer.drain()
        return
    with file:
        await _pieces(writer, file, answer["told"], slowly=slowly)


async def _pieces(writer: asyncio.StreamWriter, file: BinaryIO, size: int, *, slowly: bool) -> None:
    """No more than was announced, also of a file that grows."""
    most = SLOW_PIECE if slowly else PIECE
    while size and (piece := await asyncio.to_thread(file.read, min(most, size))):
        writer.write(piece)
        await asyncio.wait_for(writer.drain(), TAKEN_S)
        size -= len(piece)
        if slowly:
            await asyncio.sleep(len(piece) / SLOW)
