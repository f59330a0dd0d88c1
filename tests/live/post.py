"""A mail server in the building: what arrives there can be read."""

from __future__ import annotations

import asyncio
import email
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.smtp import SMTP
from tests.lab.sockets import inside

HOST = "127.0.0.1"


class PostOffice:
    """Takes every letter."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """A letter has arrived."""
        self.letters.append(cast(EmailMessage, email.message_from_bytes(envelope.content, policy=policy.default)))
        return "250 OK"


@contextmanager
def post_office(namespace: str, port: int) -> Iterator[PostOffice]:
    """A mail server on a port of a network namespace."""
    with inside(namespace):
        listening = socket.create_server((HOST, port))
    office, loop = PostOffice(), asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(lambda: SMTP(office, loop=loop), sock=listening))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield office
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
