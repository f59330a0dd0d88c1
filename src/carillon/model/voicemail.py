"""A person's voicemail: how he gets in, and what is mailed to him."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from carillon.model.refused import Refused

LONGEST_S: Final = 180
MOST: Final = 100
"""Of a mailbox about which nothing is said."""
_PIN: Final = re.compile(r"[0-9]{4,12}")


@dataclass(frozen=True, slots=True)
class Voicemail:
    """The mailbox of a user. Without a PIN nobody gets in from another phone than his own.

    `ask_pin` asks for it at his own phone too; `mail` sends each message to his e-mail address. `longest_s` bounds a
    message, `most` how many there may be.
    """

    domain: str
    extension: str
    pin_hash: str | None = field(default=None, repr=False)
    ask_pin: bool = False
    mail: bool = True
    longest_s: int = LONGEST_S
    most: int = MOST

    def __post_init__(self) -> None:
        if not 10 <= self.longest_s <= 1800:
            raise Refused("longest", f"{self.longest_s} s isn't possible; choose 10 to 1800 seconds.")
        if not 1 <= self.most <= 1000:
            raise Refused("most", f"{self.most} messages isn't possible; choose 1 to 1000.")
        if self.ask_pin and self.pin_hash is None:
            raise Refused("ask-pin", "needs a PIN; give one with --pin -.")


def require_pin(pin: str) -> None:
    """Raise `Refused`, without showing it, unless `pin` can be one: 4 to 12 digits, not all the same, not 1234…."""
    if not _PIN.fullmatch(pin):
        raise Refused("pin", "must be 4 to 12 digits.")
    if len(set(pin)) == 1 or pin in "01234567890" or pin in "09876543210":
        raise Refused("pin", "is too easy to guess; choose other digits.")
