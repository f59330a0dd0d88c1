"""The lamp for voice messages (RFC 3842): how many wait, told as they come, are heard, and go."""

from __future__ import annotations

import os
import pwd
from dataclasses import replace

import pytest
from tests.live.company import Company
from tests.live.watching import Watch
from tests.phones.message import Message as SipMessage

from carillon.stores.mailboxes import Mailboxes, Message
from carillon.system.paths import SERVICE_USER

pytestmark = pytest.mark.engines


def counts(told: SipMessage) -> str:
    """What the lamp says."""
    waiting, _, rest = told.body.partition("\r\n")
    return f"{waiting.removeprefix('Messages-Waiting: ')} {rest.partition('Voice-Message: ')[2].strip()}"


def test_the_lamp_says_how_many_voice_messages_wait(company: Company) -> None:
    mailboxes = Mailboxes(company.building.paths.voicemail)
    watch = Watch(company.registered("102"), company.uri("102"), "message-summary")
    assert counts(watch.told[0]) == "no 0/0 (0/0)"
    left = Message(company.domain, "102", "20261128120000-abcdef", "101", "Alice Martin", 1.0, 3.0)
    put(company, mailboxes, left)
    watch.until(lambda told: counts(told) == "yes 1/0 (0/0)")
    put(company, mailboxes, replace(left, heard=True))
    watch.until(lambda told: counts(told) == "no 0/1 (0/0)")
    mailboxes.remove(left)
    watch.until(lambda told: counts(told) == "no 0/0 (0/0)")
    assert f"Message-Account: {company.uri('102')}" in watch.told[-1].body


def put(company: Company, mailboxes: Mailboxes, message: Message) -> None:
    """As the services would."""
    owner = pwd.getpwnam(SERVICE_USER)
    place = mailboxes.root / company.domain / message.extension
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    mailboxes.write(message)
    for path in (place.parent, place, *place.iterdir()):
        os.chown(path, owner.pw_uid, owner.pw_gid)
