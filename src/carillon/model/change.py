"""A change of the truth: who did what, when. The directory of each node follows the sequence of changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Noun(StrEnum):
    """What kind of thing was changed."""

    NODE = "node"
    DOMAIN = "domain"
    SITE = "site"
    USER = "user"
    DEVICE = "device"
    NUMBER = "number"
    GROUP = "group"
    TRUNK = "trunk"
    OUTBOUND = "outbound"
    FORWARDING = "forwarding"
    PRESENCE = "presence"
    PRESENCE_RULE = "presencerule"
    PANEL = "panel"
    CALENDAR = "calendar"
    SCHEDULE = "schedule"
    CALLER_LIST = "callerlist"
    VOICEMAIL = "voicemail"
    MAIL = "mail"
    ANNOUNCEMENT = "announcement"
    RECORDING = "recording"
    CALLBACK = "callback"
    BOOK = "book"
    ENTRY = "entry"
    MOBILE = "mobile"
    RING = "ring"
    PRIORITY = "priority"
    DNS = "dns"


@dataclass(frozen=True, slots=True)
class Subject:
    """The thing that a change is about: `key` is its name within noun and domain."""

    noun: Noun
    domain: str
    key: str

    def __str__(self) -> str:
        """`key@domain`, as people type it."""
        return f"{self.key}@{self.domain}"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of `subject`. `before` is None for an addition, `after` for a removal.

    Where `before` is empty, `after` tells what became of a change that a satellite handed over. `at` is UTC in
    ISO 8601. Neither `before` nor `after` ever holds a password or an HA1.
    """

    sequence: int
    at: str
    who: str
    subject: Subject
    before: Mapping[str, str | None] | None
    after: Mapping[str, str | None] | None

    @property
    def kind(self) -> str:
        """One of `added`, `removed`, `changed`, `handed over`."""
        if self.before is None:
            return "added"
        if not self.before and self.after:
            return "handed over"
        return "removed" if self.after is None else "changed"
