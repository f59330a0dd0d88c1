"""What the media relay carries of a call: a session, why, and which way a description goes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from carillon.sip.legid import secrets_of
from carillon.sip.seal import Secrets, seal

PARAMETER = "media"
"""Of our Record-Route: later requests of the dialog know by it, without a look-up, that the relay carries its sound."""

_WRITTEN = re.compile(r"([0-9a-f]+(?:-[0-9]+)?)\.([a-z+]+)")


class Reason(StrEnum):
    """Why sound goes through the relay: what Asterisk alone cannot do, or that there is none."""

    ENCRYPTION = "encryption"
    RECORDING = "recording"
    SPIRAL = "spiral"


class Side(StrEnum):
    """To whom a description goes."""

    GATEWAY = "gateway"
    PHONE = "phone"

    @property
    def other(self) -> Side:
        """The side that it comes from."""
        return Side.PHONE if self is Side.GATEWAY else Side.GATEWAY


@dataclass(frozen=True, slots=True)
class Anchor:
    """One session of the relay. Its name cannot be guessed: whoever knows it could change the session."""

    session: str
    reasons: tuple[Reason, ...] = (Reason.ENCRYPTION,)

    def __str__(self) -> str:
        return f"{self.session}.{'+'.join(self.reasons)}"

    @classmethod
    def parse(cls, text: str) -> Anchor | None:
        """The anchor that `str()` wrote, None for anything else."""
        found = _WRITTEN.fullmatch(text) if text else None
        if found is None or not set(found[2].split("+")) <= set(Reason):
            return None
        return cls(found[1], tuple(Reason(reason) for reason in found[2].split("+")))


def caller_anchor(secrets: Secrets, leg: str, reasons: tuple[Reason, ...] = (Reason.ENCRYPTION,)) -> Anchor:
    """The session between a caller's phone and Asterisk."""
    return Anchor(seal(secrets_of(secrets, leg), "media of the caller", leg), reasons)


def branch_anchor(
    secrets: Secrets, leg: str, called: str, branch: int, reasons: tuple[Reason, ...] = (Reason.ENCRYPTION,)
) -> Anchor:
    """The session between Asterisk and one of the phones that ring; legs of a ring group differ in who is called."""
    session = seal(secrets_of(secrets, leg), "media of the called", f"{leg} {called}")
    return Anchor(f"{session}-{branch}", reasons)


def reasons(*, encrypted: bool, recorded: bool, spirals: bool = False) -> tuple[Reason, ...]:
    """Why sound goes through the relay, in their order."""
    found = {Reason.ENCRYPTION: encrypted, Reason.RECORDING: recorded, Reason.SPIRAL: spirals}
    return tuple(reason for reason, holds in found.items() if holds)
