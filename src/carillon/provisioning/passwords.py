"""Passwords for phones, when the administrator gives none."""

from __future__ import annotations

import base64
import secrets


def new_password() -> str:
    """20 characters of a-z and 2-7, 100 random bits: long enough for a realm on the Internet, easy to type."""
    return base64.b32encode(secrets.token_bytes(13)).decode().lower()[:20]
