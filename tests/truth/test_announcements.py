"""Announcements on the command line: which files are taken, and which are not."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest
from tests.truth.terminal import Terminal

from carillon.stores.prompts import Prompts
from carillon.system import paths as places
from carillon.system.paths import SystemPaths


@pytest.fixture(autouse=True)
def elsewhere(paths: SystemPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prompts lie where a test may write."""
    monkeypatch.setattr(places, "LASTING_ROOT", paths.directory / "lasting")


@pytest.fixture
def prompt(tmp_path: Path) -> Path:
    """Two seconds of something at 16 kHz."""
    file = tmp_path / "closed.wav"
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16000)
        sound.writeframes(b"\x00\x10" * 32000)
    return file


@pytest.mark.engines
def test_a_prompt_is_kept_as_asterisk_plays_it(carillon: Terminal, paths: SystemPaths, prompt: Path) -> None:
    carillon.done("announcement", "add", "closed", str(prompt), "--times", "2")
    assert carillon.got("announcement", "show", "closed") == {
        "name": "closed", "domain": "example.org", "seconds": 2.0, "times": 2, "answer": True,
        "code": None, "then": None, "problem": "",
    }  # fmt: skip
    place = Prompts(paths.prompts).place("example.org", "closed")
    with wave.open(str(place)) as kept:
        assert (kept.getframerate(), kept.getnchannels(), kept.getnframes()) == (8000, 1, 16000)
    carillon.done("number", "add", "300", "--to", "announcement:closed")
    assert "number 300" in carillon.refused("announcement", "remove", "closed")
    carillon.done("number", "remove", "300")
    carillon.done("announcement", "remove", "closed")
    assert not place.exists()


@pytest.mark.engines
def test_what_is_no_audio_file_is_refused(carillon: Terminal, tmp_path: Path) -> None:
    for name, content in (("text.wav", b"hello " * 100), ("empty.mp3", b""), ("noise.ogg", bytes(range(256)) * 20)):
        (tmp_path / name).write_bytes(content)
        refused = carillon.refused("announcement", "add", "closed", str(tmp_path / name))
        assert refused.startswith(f"file: {name} is no audio file that can be played")
    (tmp_path / "letter.docx").write_bytes(b"PK")
    assert "of no kind that can be played" in carillon.refused(
        "announcement", "add", "x", str(tmp_path / "letter.docx")
    )
    assert "can't be read" in carillon.refused("announcement", "add", "x", str(tmp_path / "nothing.wav"))
    assert carillon.got("announcement", "list") == []


@pytest.mark.engines
@pytest.mark.parametrize(
    ("field", "options"),
    [
        ("times", ["--times", "0"]),
        ("code", ["--answer", "no", "--code", "200"]),
        ("code", ["--code", "603"]),
        ("then", ["--then", "109"]),
        ("then", ["--then", "voicemail"]),
        ("then", ["--then", "+32475123456"]),
    ],
)
def test_what_cannot_be_is_refused(carillon: Terminal, prompt: Path, field: str, options: list[str]) -> None:
    assert carillon.refused("announcement", "add", "closed", str(prompt), *options).startswith(f"{field}: ")


@pytest.mark.engines
def test_an_announcement_leads_on_but_not_to_itself(carillon: Terminal, prompt: Path) -> None:
    carillon.done("announcement", "add", "closed", str(prompt))
    assert carillon.refused("announcement", "set", "closed", "--then", "announcement:closed").startswith("then: ")
    carillon.done("announcement", "add", "welcome", str(prompt), "--then", "announcement:closed")
    assert "announcement welcome" in carillon.refused("announcement", "remove", "closed")
    carillon.done("announcement", "set", "welcome", "--then", "", "--answer", "no", "--code", "486")
    assert carillon.got("announcement", "show", "welcome")["code"] == 486
