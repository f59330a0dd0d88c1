"""Whether voice messages wait, as the lamp of a phone reads it (RFC 3842)."""

from __future__ import annotations

from typing import Final

from carillon.presence.picture import Picture

TYPE: Final = "application/simple-message-summary"


def write(account: str, of: Picture) -> str:
    """The document for the person himself; `account` is his SIP URI. None of them is urgent."""
    waiting = "yes" if of.voice.new else "no"
    counts = f"{of.voice.new}/{of.voice.old} (0/0)"
    return f"Messages-Waiting: {waiting}\r\nMessage-Account: {account}\r\nVoice-Message: {counts}\r\n"
