"""The server of the services, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from carillon.asterisk.agi import ping
from carillon.asterisk.agi.server import Server
from carillon.asterisk.agi.session import Session
from carillon.asterisk.targets import service

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def talk(lines: bytes) -> tuple[list[str], bytes]:
    """What a server serves and answers to who sends these lines."""
    served: list[str] = []

    async def serve(name: str, session: Session) -> None:
        served.append(name)
        await session.says("ANSWER")

    async def run() -> bytes:
        async with await Server("KEY", serve).listen("127.0.0.1", 0) as listening:
            port = listening.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(lines)
            writer.write_eof()
            said = await reader.read()
            writer.close()
            return said

    said = asyncio.run(run())
    return served, said


def test_asterisk_is_known_by_the_key() -> None:
    assert talk(b"agi_network: yes\nagi_network_script: KEY/echo\n\n") == (["echo"], b"ANSWER\n")


def test_who_does_not_know_the_key_gets_nothing() -> None:
    assert talk(b"agi_network_script: WRONG/echo\n\n") == ([], b"")
    assert talk(b"agi_network_script: echo\n\n") == ([], b"")
    assert talk(b"GET / HTTP/1.1\r\n\r\n") == ([], b"")


def test_a_ping_is_answered() -> None:
    assert talk(ping.PING) == ([], ping.PONG)


def test_only_scripts_are_found() -> None:
    assert service("echo") is not None
    assert [service(name) for name in ("", "nothing", "../call", "echo.py", "__init__.x")] == [None] * 5
