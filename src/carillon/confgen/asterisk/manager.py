"""Asterisk's manager interface: it listens beside the gateway's SIP, by TCP on the same loopback address and port."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

MANAGER_USER = "carillon"


def manager_secret(secret: Path) -> str:
    """The password of the manager interface, made from the system's secret; empty when there is none yet."""
    try:
        key = secret.read_bytes()
    except FileNotFoundError:
        return ""
    return hmac.digest(key, b"manager interface of Asterisk", hashlib.sha256).hex()
