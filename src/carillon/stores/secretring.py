"""The system's secrets in a file: by which it seals, and what else it accepts while it is renewed (docs/adr/0063)."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from carillon.sip.seal import Secrets

KEPT_S: Final = 24 * 3600.0
"""So long a former secret is accepted: longer than calls last, and than phones keep a subscription unrefreshed."""

Version = tuple[int, int]
"""The sequence of the change that renews, and how far that is: 1 offered, 2 sealed by, 3 the former ones dropped."""

FIRST: Final[Version] = (0, 0)


@dataclass(frozen=True, slots=True)
class Other:
    """A secret that is accepted until then (Unix seconds); without end where nobody seals by it yet."""

    secret: bytes = field(repr=False)
    until: float | None


@dataclass(frozen=True, slots=True)
class Ring:
    """All secrets of a system. Of two rings that of the higher version counts."""

    version: Version
    current: bytes = field(repr=False)
    others: tuple[Other, ...] = ()

    @property
    def label(self) -> str:
        """How siblings tell each other which they have: it tells nothing of the secrets."""
        return ".".join(map(str, self.version))

    @property
    def coming(self) -> bytes | None:
        """The one by which nobody seals yet, None when there is none."""
        return next((one.secret for one in self.others if one.until is None), None)

    def secrets(self, now: float) -> Secrets:
        """What holds at `now`."""
        return Secrets(self.current, tuple(one.secret for one in self._living(now)))

    def until(self, now: float) -> float:
        """When the next one ends, infinite when none does."""
        return min((one.until for one in self._living(now) if one.until is not None), default=math.inf)

    def last_until(self, now: float) -> float | None:
        """When the last former one ends, None where there is none."""
        return max((one.until for one in self._living(now) if one.until is not None), default=None)

    def offered(self, sequence: int, fresh: bytes, now: float) -> Ring:
        """With a new secret that is accepted, while all is still sealed by the current one."""
        former = tuple(one for one in self._living(now) if one.until is not None)
        return Ring((sequence, 1), self.current, (*former, Other(fresh, None)))

    def sealing(self, now: float) -> Ring:
        """The same once everybody has it: all is sealed by the one that was offered."""
        assert self.coming is not None
        former = tuple(one for one in self._living(now) if one.until is not None)
        return Ring((self.version[0], 2), self.coming, (*former, Other(self.current, now + KEPT_S)))

    def alone(self) -> Ring:
        """The same without the former ones."""
        return Ring((self.version[0], 3), self.current)

    def told(self, now: float) -> dict[str, Any]:
        """As other nodes are told it, whose clocks may differ: by the seconds that are left."""
        others = [[one.secret.hex(), one.until and one.until - now] for one in self._living(now)]
        return {"version": self.version, "current": self.current.hex(), "others": others}

    @classmethod
    def heard(cls, told: dict[str, Any], now: float) -> Ring:
        """What another node told. Raises ValueError for anything else."""
        try:
            sequence, step = map(int, told["version"])
            others = tuple(
                Other(_secret(text), None if left is None else now + float(left)) for text, left in told["others"]
            )
            return cls((sequence, step), _secret(told["current"]), others)
        except (KeyError, TypeError) as error:
            raise ValueError(f"these are no secrets ({error!r})") from error

    def written(self) -> str:
        """As it lies in files."""
        return json.dumps(self.told(0.0))

    @classmethod
    def read(cls, file: Path) -> Ring:
        """That of a file. Raises OSError, ValueError."""
        return cls.heard(json.loads(file.read_text()), 0.0)

    def _living(self, now: float) -> tuple[Other, ...]:
        return tuple(one for one in self.others if one.until is None or one.until > now)


def _secret(text: str) -> bytes:
    found = bytes.fromhex(text)
    if not 0 < len(found) <= 32:
        raise ValueError("a secret has 32 bytes")
    return found


def version_in(label: str) -> Version | None:
    """What `Ring.label` wrote, None for anything else."""
    sequence, _, step = label.partition(".")
    return (int(sequence), int(step)) if sequence.isdecimal() and step.isdecimal() else None


class SecretsReader:
    """The secrets in a file that may be replaced at any moment, read again when it was, or when one of them ends."""

    def __init__(self, file: Path, clock: Callable[[], float] = time.time) -> None:
        self._file, self._clock = file, clock
        self._number = self._written = 0
        self._until, self._secrets = math.inf, Secrets(b"")

    def now(self) -> Secrets:
        """Those of this moment: the same object while nothing changes. Raises as `Ring.read`."""
        try:
            found = os.stat(self._file)
        except OSError:
            if not self._written:
                raise
            return self._secrets  # this node just stops
        if (
            found.st_ino != self._number
            or found.st_mtime_ns != self._written
            or (self._secrets.others and self._clock() >= self._until)
        ):
            self._reads(found)
        return self._secrets

    def _reads(self, found: os.stat_result) -> None:
        ring, now = Ring.read(self._file), self._clock()
        self._secrets, self._until = ring.secrets(now), ring.until(now)
        self._number, self._written = found.st_ino, found.st_mtime_ns
