"""A recording that a node sends to an administrator on another one arrives whole, or not at all."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import BinaryIO, cast

import pytest

from carillon.model.node import Node
from carillon.recordings.index import Index, Kept
from carillon.siblings import asking
from carillon.siblings.asked import answered, file_asked
from carillon.siblings.settings import Settings

MADE = Kept("made up", "key", "e.test", 1, "102", "101", "Alice", "102", "Bob", "internal", began=1.0, seconds=3.0)


def settings(place: Path) -> Settings:
    """A node that has nothing but recordings and messages."""
    return cast(Settings, SimpleNamespace(recordings=place, voicemail=place / "voicemail"))


@contextmanager
def answers(told: bytes) -> Iterator[BinaryIO]:
    """What comes back on a connection."""
    yield io.BytesIO(told)


def fetched(monkeypatch: pytest.MonkeyPatch, told: bytes) -> bytes:
    """What a command writes to its file when a node tells this."""
    monkeypatch.setattr(asking, "_connected", lambda *_: answers(told))
    to = io.BytesIO()
    asking.fetch(Path(), cast(Node, None), to, "recording sound", "1")
    return to.getvalue()


def test_a_file_arrives_whole_or_is_said_to_be_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fetched(monkeypatch, json.dumps({"told": 4}).encode() + b"\nRIFF") == b"RIFF"
    assert fetched(monkeypatch, json.dumps({"told": 4}).encode() + b"\nRIFF and more") == b"RIFF"
    with pytest.raises(asking.Silent, match="2 of 4 bytes came"):
        fetched(monkeypatch, json.dumps({"told": 4}).encode() + b"\nRI")
    with pytest.raises(asking.Silent, match="older version"):
        fetched(monkeypatch, json.dumps({"failed": "is it of an older version?"}).encode() + b"\n")


def test_a_recording_without_a_file_is_answered_in_words(tmp_path: Path) -> None:
    Index(tmp_path).add(MADE)
    for number in ("1", "2"):
        answer, file = file_asked(settings(tmp_path), ["recording sound", number])
        assert answer == {"failed": f"there is no recording {number}"}
        assert file is None


@pytest.mark.parametrize("asked", [("..", "102"), ("e.test", "../../etc"), ("/", "etc")])
def test_a_mailbox_that_leads_elsewhere_is_nobodys(tmp_path: Path, asked: tuple[str, str]) -> None:
    assert "failed" in answered(settings(tmp_path), ["messages", *asked])
