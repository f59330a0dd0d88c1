"""Voice messages by e-mail while the mail server is away for long: none is lost, none comes twice, and it is said."""

from __future__ import annotations

import asyncio
import email
import socket
import wave
from contextlib import closing
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.smtp import SMTP

from carillon.asterisk.postman import GIVE_UP_S, LONGEST_S, Postman
from carillon.stores.mailboxes import Mail, Mailboxes, MailState, Message
from carillon.supervision.probes.daemons import mail_words

HOUR_S, DAY_S = 3600.0, 86400.0


class Office:
    """It knows one mail server."""

    def __init__(self, port: int) -> None:
        self.server = {"host": "127.0.0.1", "port": port, "security": "none", "user": "", "sender": "pbx@example.org"}

    async def asks(self, question: str, who: str, *arguments: Any) -> Any:
        return self.server


class Post:
    """Voicemail of Bob, a mail server that can be away, and a clock that is set."""

    def __init__(self, place: Path, port: int) -> None:
        self.mailboxes, self.told, self.port = Mailboxes(place / "voicemail"), place / "mail.json", port
        self.letters: list[EmailMessage] = []
        self.now, self.rounds = 1_790_000_000.0, 0
        self.postman = self.new_postman()

    def new_postman(self) -> Postman:
        postman = Postman(self.mailboxes, cast(Any, Office(self.port)), self.told, lambda: self.now)
        postman.takes_what_is_left()
        return postman

    def leaves_a_message(self, caller: str) -> None:
        draft = self.mailboxes.begin("example.org", "102", caller, "")
        with wave.open(str(self.mailboxes.draft_sound(draft)), "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", ""))
            sound.writeframes(b"\1\2" * 16000)
        message = self.mailboxes.deliver(draft, Mail(MailState.WAITING, "bob@example.org"), 1.0)
        assert message is not None
        self.postman.takes(message)

    async def passes(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now += 300.0
            await self.postman.goes_round()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.letters.append(cast(EmailMessage, email.message_from_bytes(envelope.content, policy=policy.default)))
        return "250 OK"

    async def opens(self) -> asyncio.Server:
        """The mail server is there."""
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: SMTP(self, loop=loop), "127.0.0.1", self.port)

    @property
    def messages(self) -> list[Message]:
        return self.mailboxes.messages("example.org", "102")


@pytest.fixture
def post(tmp_path: Path) -> Post:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    return Post(tmp_path, port)


def test_a_mail_server_that_is_away_for_a_day_costs_no_message(post: Post) -> None:
    """The services are started again meanwhile; each letter arrives once, and `status` tells until then."""

    async def a_day() -> None:
        callers = [f"+3247500000{n}" for n in range(6)]
        for caller in callers[:3]:
            post.leaves_a_message(caller)
        await post.passes(12 * HOUR_S)
        assert "3 voice messages wait to be mailed, since" in mail_words(post.told)
        post.postman = post.new_postman()
        for caller in callers[3:]:
            post.leaves_a_message(caller)
        await post.passes(12 * HOUR_S)
        assert "6 voice messages wait to be mailed, since" in mail_words(post.told)
        assert "refused" in mail_words(post.told)
        tries = max(one.mail.tries for one in post.messages)
        assert DAY_S / LONGEST_S / 2 < tries < 2 * DAY_S / LONGEST_S, "it is tried all the time, and not too often"
        async with await post.opens():
            await post.passes(LONGEST_S)
        assert sorted(letter["Subject"].split()[3].rstrip(",") for letter in post.letters) == callers
        assert {one.mail.state for one in post.messages} == {MailState.SENT}
        assert mail_words(post.told) == ""

    asyncio.run(a_day())


def test_after_five_days_it_is_given_up_and_the_message_stays(post: Post) -> None:
    async def a_week() -> None:
        post.leaves_a_message("+32475000001")
        (message,) = post.messages
        post.now = message.at
        await post.passes(GIVE_UP_S + 2 * LONGEST_S)
        (kept,) = post.messages
        assert kept.mail.state is MailState.FAILED
        assert "refused" in kept.mail.error
        assert post.mailboxes.sound(kept).exists()

    asyncio.run(a_week())
