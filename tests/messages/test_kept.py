"""Messages that wait: in order, once each, not without end, and for nobody else's eyes."""

from __future__ import annotations

from pathlib import Path

import pytest

from carillon.messages.keeping import AGAIN_S, KEPT_S, MOST
from carillon.stores.kept import Kept

NOW = 1_800_000_000.0
BOB = "102@example.org"


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """An empty store."""
    return Kept(tmp_path / "messages.db", "node1")


def keeps(store: Kept, *texts: str, at: float = NOW) -> None:
    """Messages for Bob."""
    for text in texts:
        assert store.keep(BOB, "101@example.org", "text/plain", text, at)


def test_they_come_in_order_and_once(kept: Kept) -> None:
    keeps(kept, "one", "two")
    got = []
    while message := kept.next(BOB, NOW):
        got.append(message.body)
        assert kept.forget(message.id) == BOB
    assert got == ["one", "two"]
    assert kept.waiting(NOW) == []


def test_one_that_is_on_its_way_is_not_sent_again_at_once(kept: Kept) -> None:
    keeps(kept, "one")
    assert kept.waiting(NOW) == [BOB]
    kept.next(BOB, NOW)
    assert kept.waiting(NOW + AGAIN_S - 1) == []
    assert kept.waiting(NOW + AGAIN_S) == [BOB]


def test_an_answer_that_comes_twice_forgets_nothing_else(kept: Kept) -> None:
    keeps(kept, "one", "two")
    first = kept.next(BOB, NOW)
    assert first is not None
    assert (kept.forget(first.id), kept.forget(first.id)) == (BOB, "")
    second = kept.next(BOB, NOW)
    assert second is not None
    assert second.body == "two"


def test_a_person_has_so_many_and_no_more(kept: Kept) -> None:
    keeps(kept, *map(str, range(MOST)))
    assert not kept.keep(BOB, "101@example.org", "text/plain", "one too many", NOW)
    assert kept.keep("103@example.org", "101@example.org", "text/plain", "for Carol", NOW)


def test_they_do_not_wait_for_ever(kept: Kept) -> None:
    keeps(kept, "old")
    keeps(kept, "new", at=NOW + KEPT_S + 1)
    message = kept.next(BOB, NOW + KEPT_S + 1)
    assert message is not None
    assert message.body == "new"


def test_nobody_else_may_read_the_file(kept: Kept, tmp_path: Path) -> None:
    keeps(kept, "secret")
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("messages.db*")} == {0o600}
