"""How far a call has come that is forwarded: who sent it on and why, and whose rows are asked next.

A leg that failed goes back to Asterisk with this in its reason phrase; Asterisk dials again and hands it back. So each
try is a call of its own there, and the caller's phone sees one.
"""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import astuple, dataclass, replace
from functools import lru_cache
from typing import Final

from carillon.sip.legid import secrets_of
from carillon.sip.seal import Secrets, is_sealed, seal

WORD: Final = "Forward"
"""Begins the reason phrase that the dial plan understands."""

REDIRECTED: Final = "redirected"
"""The cause of a phone's own 3xx: no row is asked."""

ANY: Final = "*"
"""Among the causes that may send a call on: whatever failed."""


@dataclass(frozen=True, slots=True)
class Diverted:
    """Somebody who sent the call on: his address of record, the cause, and his number outside, if he has one."""

    aor: str
    cause: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """`by` are those who sent the call on, the first one first.

    `at` is the AOR of the person whose rows are asked. `cause` is why, "" while nothing has failed; `code` and `reason`
    are what the last one who was called said. `row` and `position` are the row in progress and its target, and `to`
    is where the person's own phone sends the call. `ring_s` is how long the target rings, 0 for as long as usual.
    `missing` says that the target was not there, so that later rows are tried too; `more` that another one follows it.
    `tried` are the trunks that have failed with this call, and the addresses of record of people whose phones were
    silent, see `beyond`.
    """

    at: str = ""
    cause: str = ""
    code: int = 0
    reason: str = ""
    row: int = 0
    position: int = 0
    to: str = ""
    ring_s: int = 0
    missing: bool = False
    more: bool = False
    tried: tuple[str, ...] = ()
    by: tuple[Diverted, ...] = ()

    @property
    def history(self) -> frozenset[str]:
        """Everybody who has sent the call on."""
        return frozenset(one.aor for one in self.by)

    @property
    def values(self) -> str:
        """Its fields as text."""
        return _written(self)

    def __str__(self) -> str:
        return urlsafe_b64encode(self.values.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Progress:
        """What `str()` wrote; raises ValueError on anything else."""
        try:
            return cls.of(urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ValueError(f"no progress of a call: {error}") from error

    @classmethod
    def of(cls, text: str) -> Progress:
        """What `values` wrote; raises ValueError on anything else."""
        try:
            values = json.loads(text)
            by = tuple(Diverted(*one) for one in values.pop())
            return replace(cls(*values[:10]), tried=tuple(values[10]), by=by)
        except (AttributeError, IndexError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"no progress of a call: {error}") from error


@lru_cache(maxsize=4096)  # written for each call that rings, and most people's calls begin alike
def _written(progress: Progress) -> str:
    return json.dumps(astuple(progress))


@dataclass(frozen=True, slots=True)
class Onward:
    """What a failure route knows of forwarding: for which causes the call goes on, with which progress.

    `key` proves to us that the text comes from us: no phone has seen it.
    """

    key: str
    causes: tuple[str, ...]
    progress: Progress

    def __str__(self) -> str:
        return f"{self.key} {','.join(self.causes)} {self.progress.values}"

    @classmethod
    def parse(cls, text: str) -> Onward:
        """What `str()` wrote; raises ValueError on anything else."""
        key, causes, progress = text.split(" ", 2)
        return cls(key, tuple(causes.split(",")) if causes else (), Progress.of(progress))

    def token(self, progress: Progress) -> str:
        """The text with which the leg goes back to Asterisk."""
        return f"{self.key}.{progress}"


def sounds_like_ours(reason: str) -> bool:
    """Whether the dial plan would take a phone's reason phrase for ours: it looks at the letters of the first word."""
    first = (reason.split() or [""])[0]
    return "".join(letter for letter in first if letter.isascii() and letter.isalpha()) == WORD


def key_of(secrets: Secrets, leg: str) -> str:
    """The key of a leg: proof for `progress_in`."""
    return seal(secrets_of(secrets, leg), "forward", leg)


def progress_in(secrets: Secrets, leg: str, token: str) -> Progress | None:
    """The progress in a token that came back, None when it is not ours."""
    key, _, text = token.partition(".")
    if not is_sealed(secrets_of(secrets, leg), "forward", leg, key):
        return None
    try:
        return Progress.parse(text)
    except ValueError:
        return None
