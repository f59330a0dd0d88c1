"""What a session description offers, as far as admission needs it (RFC 8866, RFC 3551)."""

from __future__ import annotations

import re

_STATIC = {"0": "pcmu", "3": "gsm", "8": "pcma", "9": "g722"}
_AUDIO = re.compile(r"^m=audio [0-9]{1,5}(?:/[0-9]+)? \S+ ([0-9 ]+)", re.MULTILINE)
_CONNECTION = re.compile(r"^c=IN IP([46]) ", re.MULTILINE)
_NAME = re.compile(r"^a=rtpmap:([0-9]+) ([A-Za-z0-9._-]+)/", re.MULTILINE)
_ENCRYPTED = re.compile(r"^m=audio [0-9]{1,5}(?:/[0-9]+)? RTP/SAVPF? ", re.MULTILINE)


def is_encrypted(body: str) -> bool:
    """Whether a body offers sound with keys in it and no other (RTP/SAVP or RTP/SAVPF, RFC 4568)."""
    return _ENCRYPTED.search(body) is not None and "\na=crypto:" in body


def offers_ipv6(body: str, source: str) -> bool:
    """Whether media is wanted at an IPv6 address; without an offer, whether the message came from one."""
    families = set(_CONNECTION.findall(body))
    return families == {"6"} if families else ":" in source


def payload_types(body: str) -> dict[int, str]:
    """What the numbers of its audio mean (RFC 3551), names in lower case."""
    return {int(payload): name for payload, name in {**_STATIC, **_named(body)}.items()}


def _named(body: str) -> dict[str, str]:
    return {payload: name.lower() for payload, name in _NAME.findall(body)}


def audio_codecs(body: str) -> frozenset[str] | None:
    """The audio codecs that a body offers, by their names in lower case; None when it offers no audio."""
    payloads = {payload for audio in _AUDIO.findall(body) for payload in audio.split()}
    if not payloads:
        return None
    known = _STATIC | _named(body)
    return frozenset(known[payload] for payload in payloads if payload in known)
