"""What a lamp shows of somebody's calls, read from a document of RFC 4235."""

from __future__ import annotations

from tests.live.watching import DIALOG, dialogs
from tests.phones.message import Message


def calls(told: Message) -> list[tuple[str, str]]:
    """Of each call how far it is, and the extension of who is at the other side, "" for one who withholds himself."""
    return [(each.findtext(f"{DIALOG}state", ""), _other(each.findtext(f"{DIALOG}remote/{DIALOG}identity", "")))
            for each in dialogs(told)]  # fmt: skip


def _other(identity: str) -> str:
    return identity.removeprefix("sip:").partition("@")[0].replace("anonymous", "")
