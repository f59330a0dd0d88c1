"""The id that joins the two legs of a call; sealed, so that nobody but us can make one up."""

from __future__ import annotations

from carillon.sip.seal import is_sealed, seal


def make_leg_id(secret: bytes, fresh: str) -> str:
    """A leg id from a fresh random text, `[0-9a-f]+`."""
    return f"{fresh}-{seal(secret, 'leg', fresh)}"


def is_leg_id(secret: bytes, text: str) -> bool:
    """Whether `text` is a leg id that this system made."""
    fresh, _, sealed = text.partition("-")
    return is_sealed(secret, "leg", fresh, sealed)
