"""What the mirror says to `status`, and how it spares the link of a branch."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from carillon.siblings import sending
from carillon.siblings.asking import Silent, Unkept
from carillon.siblings.mirror.mirror import Mirror
from carillon.siblings.sending import SLOW, SLOW_PIECE, give
from carillon.siblings.settings import Peer, Settings

GHENT = Peer("ghent", ("192.0.2.11",), 5067, "sip:192.0.2.11:5069")


def mirror(place: Path, **more: Any) -> Mirror:
    """The mirror of a node that has one sibling."""
    own = {"door": object(), "voicemail": place / "v", "prompts": place / "p", "node": "node1", "branch": None}
    settings = SimpleNamespace(directory=place, peers=(GHENT,), **{**own, **more})
    return Mirror(cast(Settings, settings), place / "problem", lambda concerned: None)


def refuses(words: str) -> None:
    """A disk that takes nothing."""
    raise Unkept(words)


def is_away() -> None:
    """A sibling that does not answer."""
    raise Silent("no answer in time")


def test_status_is_told_why_copies_are_not_kept_until_they_are(tmp_path: Path) -> None:
    own = mirror(tmp_path)
    assert not own._tried("ghent", refuses, "the disk has less than 100 MB free")
    assert (tmp_path / "problem").read_text() == (
        "copies of voice messages and announcements of ghent can't be kept here: the disk has less than 100 MB free"
    )
    assert own._tried("ghent", lambda: None)
    assert (tmp_path / "problem").read_text() == ""


def test_a_sibling_that_is_away_is_no_trouble_of_this_disk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = mirror(tmp_path)
    for _ in range(3):
        assert not own._tried("ghent", is_away)
    assert not (tmp_path / "problem").exists()
    assert capsys.readouterr().err.count("no answer in time") == 1


def test_a_branch_without_asterisk_copies_nothing(tmp_path: Path) -> None:
    alone = mirror(tmp_path, door=None)
    alone.heard(GHENT, ["a1b2", 7])
    asyncio.run(alone.run())  # which ends at once
    assert alone.moment is None  # so it tells nothing either


class Link:
    """Where a sound is written to, and how long that was waited with."""

    def __init__(self) -> None:
        self.sent, self.waited = b"", 0.0

    def write(self, piece: bytes) -> None:
        """What a connection takes."""
        self.sent += piece

    async def drain(self) -> None:
        """At once."""

    async def sleep(self, seconds: float) -> None:
        """What the calls get."""
        self.waited += seconds


@pytest.mark.parametrize(("slowly", "seconds"), [(True, 10.0), (False, 0.0)])
def test_a_sound_takes_its_time_on_the_link_of_a_branch(
    monkeypatch: pytest.MonkeyPatch, slowly: bool, seconds: float
) -> None:
    link, size = Link(), 10 * SLOW
    monkeypatch.setattr(sending.asyncio, "sleep", link.sleep)  # type: ignore[attr-defined]
    asyncio.run(give(cast(Any, link), {"told": size}, io.BytesIO(bytes(size)), slowly=slowly))
    assert len(link.sent) == size + len(b'{"told": 300000}\n')
    assert link.waited == pytest.approx(seconds)
    assert SLOW_PIECE < SLOW
