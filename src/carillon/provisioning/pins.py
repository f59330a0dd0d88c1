"""PINs, as they are kept: hashed, so that who reads the truth can't dial them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

_COST: Final = {"n": 1 << 14, "r": 8, "p": 1}


def hashed(pin: str) -> str:
    """What is kept of a PIN: scrypt (RFC 7914) with a salt of its own."""
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}:{hashlib.scrypt(pin.encode(), salt=salt, **_COST).hex()}"


def matches(pin: str, kept: str | None) -> bool:
    """Whether a PIN is the one that was hashed; takes as long when there is none."""
    salt, _, digest = (kept or f"{'00' * 16}:").partition(":")
    made = hashlib.scrypt(pin.encode(), salt=bytes.fromhex(salt), **_COST).hex()
    return hmac.compare_digest(made, digest) and kept is not None
