"""A number that reaches somebody: an extension or an outside number."""

from __future__ import annotations

from dataclasses import dataclass

from carillon.model.domain import require_canonical
from carillon.model.e164 import e164, is_e164
from carillon.model.refused import Refused
from carillon.model.target import names_service
from carillon.model.user import is_extension, require_extension


@dataclass(frozen=True, slots=True)
class Number:
    """`number`, 1 to 15 digits or `+` and an E.164 number, reaches `target`: an extension of its domain, or a service.

    A service is written as a target, such as `group:sales`.

    A user's own extension is a number with itself as target, so that a domain has one space of numbers.
    """

    domain: str
    number: str
    target: str

    def __post_init__(self) -> None:
        require_canonical(self.domain)
        require_number("number", self.number)
        if not self.is_service:
            require_extension("to", self.target)

    @property
    def is_service(self) -> bool:
        """Whether something of ours answers there, and no person."""
        return names_service(self.target)

    @property
    def is_own(self) -> bool:
        """Whether this is the extension of its user, which comes and goes with the user."""
        return self.number == self.target


def require_number(field: str, text: str) -> None:
    """Raise `Refused`, naming `field`, unless `text` is an extension or an E.164 number (ITU-T E.164 §6)."""
    if not is_extension(text) and not is_e164(text):
        raise Refused(field, f"{text!r} is no number; write 1 to 15 digits, or a number like +3225551234.")


def number_typed(field: str, text: str) -> str:
    """The canonical form of a number that somebody typed: an extension, or an outside number with `+`.

    Raises `Refused`, naming `field`.
    """
    if text.strip().startswith("+"):
        return e164(field, text.strip())
    require_number(field, text)
    return text
