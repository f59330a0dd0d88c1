"""The id that joins the two legs of a call; sealed, so that nobody but us can make one up."""

from __future__ import annotations

import hmac


def make_leg_id(secret: bytes, fresh: str) -> str:
    """A leg id from a fresh random text, `[0-9a-f]+`."""
    return f"{fresh}-{_seal(secret, fresh)}"


def is_leg_id(secret: bytes, text: str) -> bool:
    """Whether `text` is a leg id that this system made."""
    fresh, _, seal = text.partition("-")
    return hmac.compare_digest(seal.encode(), _seal(secret, fresh).encode())


def _seal(secret: bytes, fresh: str) -> str:
    return hmac.digest(secret, f"leg|{fresh}".encode(), "sha256").hex()[:16]
