"""What services that answer calls need to know of mailboxes and announcements, as rows of a node's directory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from carillon.model.voicemail import LONGEST_S, MOST

MAILBOX = "domain, extension, site, email, ask_pin, longest_s, most"
"""Columns; `site` is where its owner works. Who has no row has what `MailboxProfile` says."""
ANNOUNCEMENT = "domain, name, times, answer, code, target"


@dataclass(frozen=True, slots=True)
class MailboxProfile:
    """Whether and where messages are mailed, whether its owner wants a PIN, how long and how many messages may be."""

    email: str | None = None
    ask_pin: bool = False
    longest_s: int = LONGEST_S
    most: int = MOST


@dataclass(frozen=True, slots=True)
class AnnouncementProfile:
    """How often it is played; whether the call is answered, else its code (SIP); where it goes on, "" for nowhere."""

    times: int
    answer: bool
    code: int
    then: str


def mailbox_of(row: Sequence[Any]) -> MailboxProfile:
    """The values of `MAILBOX`, behind site."""
    email, ask_pin, longest_s, most = row
    return MailboxProfile(email, bool(ask_pin), longest_s, most)


def announcement_of(row: Sequence[Any]) -> AnnouncementProfile:
    """The values of `ANNOUNCEMENT`, behind name."""
    times, answer, code, then = row
    return AnnouncementProfile(times, bool(answer), code, then)
