"""A seal: proof that a text is ours, which nobody without the system's secret can make."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import field

from carillon.model.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Secrets:
    """What this system seals by: always `current`. A seal by one of the `others` is ours, too, while it is renewed.

    They are what it sealed by before, or is about to (docs/adr/0063). Each has at most 32 bytes.
    """

    current: bytes = field(repr=False)
    others: tuple[bytes, ...] = field(default=(), repr=False)


NO_SECRETS = Secrets(b"")
"""Of a node that seals nothing, as in tests."""


def seal(secrets: Secrets, purpose: str, text: str) -> str:
    """The seal of `text` for one purpose, 24 hexadecimal digits: keyed BLAKE2s (RFC 7693 §2.9), cheaper than HMAC."""
    return hashlib.blake2s(f"{purpose}|{text}".encode(), key=secrets.current, digest_size=12).hexdigest()


def is_sealed(secrets: Secrets, purpose: str, text: str, presented: str) -> bool:
    """Whether `presented` is a seal of `text`; a comparison takes as long whatever it is."""
    if hmac.compare_digest(presented.encode(), seal(secrets, purpose, text).encode()):
        return True
    return bool(secrets.others) and sealer(secrets, purpose, text, presented) is not None


def sealer(secrets: Secrets, purpose: str, text: str, presented: str) -> bytes | None:
    """The secret by which it was sealed, None when by none of ours."""
    for secret in (secrets.current, *secrets.others):
        if hmac.compare_digest(presented.encode(), seal(Secrets(secret), purpose, text).encode()):
            return secret
    return None
