"""Messages by e-mail: what waits is on disk with the message, and tried until it has gone."""

from __future__ import annotations

import asyncio
import json
import smtplib
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from carillon.asterisk.office import Office
from carillon.model.refused import Refused
from carillon.stores.mailboxes import Mail, Mailboxes, MailState, Message
from carillon.system import whole

LOOK_S = 1.0
FIRST_S, LONGEST_S = 5.0, 1800.0
GIVE_UP_S = 5 * 86400.0
"""RFC 5321 §4.5.4.1: at least four to five days."""
PATIENCE_S = 20.0
SETTINGS_S, UNSET_S = 30.0, 3.0
"""How often the mail server is asked for while nothing waits, and while there is none: that wakes two processes."""


class Postman:
    """Sends what waits. `told` is the file that says how that goes, for `status`; `clock` gives Unix seconds."""

    def __init__(
        self, mailboxes: Mailboxes, office: Office, told: Path, clock: Callable[[], float] = time.time
    ) -> None:
        self._mailboxes, self._office, self._told, self._clock = mailboxes, office, told, clock
        self._waiting: dict[str, Message] = {}
        self._settings: Mapping[str, Any] | None = None
        self._said = ""
        self._asked = -SETTINGS_S

    @property
    def is_needed(self) -> bool:
        """Whether there is a mail server."""
        return self._settings is not None

    def takes(self, message: Message) -> None:
        """Send a message as soon as may be."""
        if message.mail.state is MailState.WAITING:
            self._waiting[message.id] = message

    async def works(self) -> None:
        """Send for ever, beginning with what a restart has left."""
        self.takes_what_is_left()
        while True:
            await self.goes_round()
            await asyncio.sleep(LOOK_S)

    def takes_what_is_left(self) -> None:
        """Take all messages that have not been sent, from disk."""
        for message in self._mailboxes.everything():
            self.takes(message)

    async def goes_round(self) -> None:
        """Send what is due, and write how it goes."""
        patience = SETTINGS_S if self.is_needed else UNSET_S
        if self._waiting or time.monotonic() - self._asked > patience:
            self._settings, self._asked = await self._server(), time.monotonic()
        for message in [one for one in self._waiting.values() if one.mail.due <= self._clock()]:
            await self._tries(message)
        self._says()

    async def _server(self) -> Mapping[str, Any] | None:
        with suppress(Refused):
            found: Mapping[str, Any] | None = await self._office.asks("mail settings", "the services")
            return found
        return self._settings

    async def _tries(self, message: Message) -> None:
        if not self._mailboxes.is_there(message):  # removed, or heard and deleted, meanwhile
            del self._waiting[message.id]
            return
        after = await self._sent(message)
        self._mailboxes.change(message, mail=after)  # it may have been heard, or removed, while this took its time
        if after.state is MailState.WAITING:
            self._waiting[message.id] = replace(message, mail=after)
        else:
            del self._waiting[message.id]

    async def _sent(self, message: Message) -> Mail:
        mail = message.mail
        if self._settings is None:
            return self._later(message, "no mail server is set: carillon mail set --server")
        try:
            letter = letter_of(message, self._mailboxes.sound(message), self._settings["sender"])
            await asyncio.to_thread(send, self._settings, letter)
        except smtplib.SMTPRecipientsRefused as refused:
            code, words = next(iter(refused.recipients.values()))
            text = f"{mail.to} is refused: {code} {words.decode('utf-8', 'replace')}"
            return replace(self._later(message, text), state=MailState.FAILED if code >= 500 else MailState.WAITING)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            return self._later(message, str(error) or type(error).__name__)
        return replace(mail, state=MailState.SENT, error="")

    def _later(self, message: Message, error: str) -> Mail:
        mail, now = message.mail, self._clock()
        state = MailState.FAILED if now - message.at > GIVE_UP_S else MailState.WAITING
        due = now + min(FIRST_S * 2 ** min(mail.tries, 20), LONGEST_S)
        return replace(mail, state=state, tries=mail.tries + 1, due=due, error=error[:200])

    def _says(self) -> None:
        """Write how it goes, when that has changed."""
        late = [one for one in self._waiting.values() if one.mail.tries]
        since = min((one.at for one in late), default=0.0)
        text = json.dumps({"waiting": len(late), "since": since, "error": late[-1].mail.error if late else ""})
        if text != self._said:
            whole.write(self._told, text)
            self._said = text


def letter_of(message: Message, sound: Path, sender: str) -> EmailMessage:
    """The e-mail with a message."""
    who = f"{message.name} ({message.caller})" if message.name and message.name != message.caller else message.caller
    length = f"{int(message.seconds) // 60}:{int(message.seconds) % 60:02}"
    at = datetime.fromtimestamp(message.at, UTC)
    letter = EmailMessage()
    letter["From"] = sender
    letter["To"] = message.mail.to
    letter["Subject"] = f"Voice message from {who}, {length}"
    letter["Date"] = format_datetime(at)
    letter["Message-ID"] = f"<{message.id}.{message.extension}@{message.domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(
        f"{who} left a message of {length} for {message.extension} at {at:%Y-%m-%d %H:%M} UTC.\n"
        "It is attached, and in your mailbox: dial *97.\n"
    )
    letter.add_attachment(sound.read_bytes(), "audio", "wav", filename=f"message-{message.id}.wav")
    return letter


def send(server: Mapping[str, Any], letter: EmailMessage) -> None:
    """Hand a letter to an SMTP server; raises OSError, smtplib.SMTPException. It blocks."""
    encrypted = ssl.create_default_context()
    place = (server["host"], server["port"])
    if server["security"] == "tls":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(*place, timeout=PATIENCE_S, context=encrypted)
    else:
        connection = smtplib.SMTP(*place, timeout=PATIENCE_S)
    with connection:
        connection.ehlo()
        offered = connection.has_extn("starttls")
        if server["security"] == "starttls" or (server["security"] == "auto" and offered):
            connection.starttls(context=encrypted)
        elif server["user"] and server["security"] != "tls":
            raise smtplib.SMTPException(f"{server['host']} offers no encryption, and our password needs it")
        if server["user"]:
            connection.login(server["user"], server["password"])
        connection.send_message(letter)
