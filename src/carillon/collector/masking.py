"""No secret comes into the store, even if a rule or a phone put one into its words."""

from __future__ import annotations

import re

from carillon.stores.tracewire import FIELD

MASK = "***"
_HASH = re.compile(r"\b[0-9a-fA-F]{32,}\b")
_HEX_TO_H = bytes.maketrans(b"0123456789abcdefABCDEF", b"h" * 22)
_LONG_HEX = b"h" * 32
_WORDS = ("nonce", "response", "opaque", "password", "ha1", "uthorization", "secret")
_NAMED = re.compile(
    rf'\b(c?nonce|response|opaque|passw(?:or)?d|ha1\w*|secret)(["\s]*[=:]\s*)"?[^\s",{FIELD}]+"?', re.IGNORECASE
)
_CREDENTIALS = re.compile(rf"\b((?:Proxy-)?Authorization\s*:\s*)[^{FIELD}\r\n]+", re.IGNORECASE)


def masked(words: str) -> str:
    """The words without hashes, nonces, responses, passwords and credentials.

    The regular expressions are slow, so they only run where something may be found.
    """
    if _LONG_HEX in words.encode().translate(_HEX_TO_H):
        words = _HASH.sub(MASK, words)
    lower = words.lower()
    if any(word in lower for word in _WORDS):
        words = _NAMED.sub(rf"\1\2{MASK}", _CREDENTIALS.sub(rf"\1{MASK}", words))
    return words
