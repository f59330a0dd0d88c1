"""Which codecs a body offers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon.sip.sdp import audio_codecs, is_encrypted


def test_static_and_dynamic_payloads() -> None:
    names = "a=rtpmap:96 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n"
    body = f"v=0\r\nm=audio 4000 RTP/AVP 8 0 96 101\r\n{names}"
    assert audio_codecs(body) == {"pcma", "pcmu", "opus", "telephone-event"}


def test_no_audio() -> None:
    assert audio_codecs("") is None
    assert audio_codecs("v=0\r\nm=video 4000 RTP/AVP 96\r\n") is None


def test_a_codec_that_nobody_knows() -> None:
    assert audio_codecs("m=audio 4000 RTP/AVP 18\r\n") == frozenset()


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    found = audio_codecs(f"m=audio 4000 RTP/AVP 8\r\n{text}")
    assert found is not None
    assert "pcma" in found or text.startswith(("a=rtpmap:8 ", " ")) or "a=rtpmap:8" in text


@pytest.mark.parametrize(
    ("profile", "keys", "encrypted"),
    [
        ("RTP/SAVP", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n", True),
        ("RTP/SAVPF", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n", True),
        ("RTP/SAVP", "", False),
        ("RTP/AVP", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n", False),
        ("UDP/TLS/RTP/SAVP", "a=fingerprint:sha-256 00\r\n", False),
    ],
)
def test_encrypted_sound_is_what_brings_its_keys_and_offers_nothing_else(
    profile: str, keys: str, encrypted: bool
) -> None:
    assert is_encrypted(f"v=0\r\nm=audio 4000 {profile} 8\r\n{keys}") == encrypted
