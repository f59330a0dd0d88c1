"""Bans between nodes: what is told, and what is nonsense."""

from __future__ import annotations

from pathlib import Path

import pytest

from carillon.siblings.bans import BanBook, Row, read


@pytest.mark.parametrize("told", ["", "account 300", "friend 300 192.0.2.1", "account x 192.0.2.1", "address 300 bob"])
def test_nonsense_is_refused(told: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read(told)


def test_a_ban_is_told_at_once_and_to_who_comes_later() -> None:
    told: list[Row] = []
    book = BanBook(Path("nowhere"), (), told.append)
    book.here("account 300 192.0.2.1/101@e.test")
    book.here("nonsense")
    assert told == [["account", "192.0.2.1/101@e.test", 300]]
    ((kind, key, left),) = book.rows()
    assert (kind, key) == ("account", "192.0.2.1/101@e.test")
    assert 290 < int(left) <= 300


def test_a_ban_that_was_taken_back_is_told_and_forgotten() -> None:
    told: list[Row] = []
    book = BanBook(Path("nowhere"), (), told.append)
    book.here("address 600 2001:db8::1")
    book.here("lifted 0 2001:db8::1")
    assert told[-1] == ["lifted", "2001:db8::1", 0]
    assert book.rows() == []


async def ends(book: BanBook, row: Row) -> None:
    await book.heard(row)


def test_who_is_trusted_here_is_not_banned_by_others() -> None:
    """Nothing is asked of Kamailio, which is not there: else this would say so."""
    import asyncio

    book = BanBook(Path("nowhere"), ("192.0.2.0/24",), lambda row: None)
    asyncio.run(ends(book, ["address", "192.0.2.1", 600]))
    assert book.rows() == []
