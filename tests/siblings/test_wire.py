"""What comes on a connection: many lines at once, or a line in pieces."""

from __future__ import annotations

import asyncio

import pytest

from carillon.siblings import wire


async def _heard(*pieces: bytes, ends: bool = True) -> list[bytes]:
    reader, found = asyncio.StreamReader(), list[bytes]()
    for piece in pieces:
        reader.feed_data(piece)
    if ends:
        reader.feed_eof()
    async for line in wire.lines(reader):
        found.append(line)
    return found


def test_lines_that_come_at_once_are_heard_one_by_one() -> None:
    assert asyncio.run(_heard(b"one\ntwo\n", b"thr", b"ee\n")) == [b"one", b"two", b"three"]


def test_what_a_sibling_has_not_said_to_the_end_is_not_heard() -> None:
    assert asyncio.run(_heard(b"one\nhal")) == [b"one"]


def test_a_silent_sibling_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "SILENT_S", 0.01)
    with pytest.raises(TimeoutError):
        asyncio.run(_heard(b"one\n", ends=False))


def test_a_line_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LONGEST", 100)
    with pytest.raises(ValueError, match="too long"):
        asyncio.run(_heard(b"x" * 200, ends=False))


@pytest.mark.parametrize(("own", "there", "source"), [
    ("10.0.0.1", "10.0.0.2", ("10.0.0.1", 0)),
    ("2001:db8::1", "2001:db8::2", ("2001:db8::1", 0)),
    ("10.0.0.1", "2001:db8::2", None),
    ("", "10.0.0.2", None),
])  # fmt: skip
def test_a_sibling_of_the_other_family_is_called_from_wherever(
    own: str, there: str, source: tuple[str, int] | None
) -> None:
    assert wire.bound_to(own, there) == source
