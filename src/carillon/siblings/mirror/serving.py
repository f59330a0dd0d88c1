"""Answering siblings that copy from this node."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from carillon.siblings.mirror.answers import CHANGED, SENDS, SOUND_OF, THERE, Answers
from carillon.siblings.sending import give
from carillon.siblings.settings import Branch, Peer


class Serving:
    """At a `branch`, or to one, sounds go slowly."""

    def __init__(self, answers: Answers, branch: Branch | None) -> None:
        self._answers, self._branch, self._is_sending = answers, branch, False

    def is_asked(self, question: list[Any]) -> bool:
        """Whether a question is for the mirror."""
        return bool(question) and question[0] in (CHANGED, THERE, SOUND_OF)

    async def answer(self, peer: Peer, writer: asyncio.StreamWriter, question: list[Any]) -> None:
        """Answer a sibling's. Raises OSError and TimeoutError when the answer is not taken."""
        if question[0] == SOUND_OF:
            await self._send(peer, writer, question)
            return
        answer = await asyncio.to_thread(self._answers.answered, peer, question)
        writer.write(json.dumps(answer).encode() + b"\n")
        await writer.drain()

    async def _send(self, peer: Peer, writer: asyncio.StreamWriter, question: list[Any]) -> None:
        """A sound; from a satellite one at a time, however many mains ask."""
        is_branch = self._branch is not None
        if is_branch and self._is_sending:
            await give(writer, {"failed": SENDS}, None)
            writer.close()
            return
        self._is_sending = True
        try:
            answer, file = await asyncio.to_thread(self._answers.sound, peer, question)
            await give(writer, answer, file, slowly=is_branch or peer.branch is not None)
            writer.close()
        finally:
            self._is_sending = False
