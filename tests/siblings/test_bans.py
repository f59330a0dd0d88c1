"""Bans between nodes: what is told, and what is nonsense."""

from __future__ import annotations

import asyncio
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from carillon.siblings import bans
from carillon.siblings.bans import BanBook, Row, read
from carillon.supervision.rpc import NobodyAnswers, NotThere

GUESSER = "192.0.2.1/101@e.test"


class Kamailio:
    """The table of bans, which doesn't answer while it is `down`."""

    def __init__(self) -> None:
        self.bans: dict[str, str] = {}
        self.down = False

    def __call__(self, rpc: Path, method: str, table: str, key: str, *told: str | int) -> Any:
        if self.down:
            raise NobodyAnswers("no answer")
        if table != bans.BANS:
            raise NotThere("nothing was counted")
        if method == "htable.setxs":
            self.bans[key] = str(told[0])
        elif key not in self.bans:
            raise NotThere("no such key")
        elif method == "htable.delete":
            del self.bans[key]
        else:
            return {"item": {"value": self.bans[key]}}
        return None


@pytest.fixture
def kamailio(monkeypatch: pytest.MonkeyPatch) -> Kamailio:
    kamailio = Kamailio()
    monkeypatch.setattr(bans, "call", kamailio)
    return kamailio


def book_that_tells(told: list[Row], *trusted: str) -> BanBook:
    return BanBook(Path("nowhere"), trusted, told.append)


@pytest.mark.parametrize("told", ["", "account 300", "friend 300 192.0.2.1", "account x 192.0.2.1", "address 300 bob"])
def test_nonsense_is_refused(told: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read(told)


def test_a_ban_is_told_at_once_and_to_who_comes_later() -> None:
    told: list[Row] = []
    book = book_that_tells(told)
    book.here(f"account 300 {GUESSER}")
    book.here("nonsense")
    for ((kind, key, left_s, age_s),) in (told, book.rows()):
        assert (kind, key) == ("account", GUESSER)
        assert 290 < float(left_s) <= 300
        assert 0 <= float(age_s) < 10


def test_that_a_ban_was_taken_back_is_told_also_to_who_comes_later() -> None:
    """A sibling that was away at that moment would have it imposed again by what it knows."""
    told: list[Row] = []
    book = book_that_tells(told)
    book.here("address 600 2001:db8::1")
    book.here("lifted 0 2001:db8::1")
    assert [row[:2] for row in (told[-1], *book.rows())] == [["lifted", "2001:db8::1"]] * 2


def test_who_imposed_a_ban_hears_after_a_while_that_it_was_taken_back(
    kamailio: Kamailio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sibling was away; both tell each other all they know, in either order."""
    monkeypatch.setattr(bans.time, "monotonic", map(float, count()).__next__)
    for first, second in ((0, 1), (1, 0)):
        kamailio.bans[GUESSER] = "account 1"
        imposing, lifting = books = book_that_tells([]), book_that_tells([])
        imposing.here(f"account 300 {GUESSER}")
        asyncio.run(lifting.heard(imposing.rows()[0]))
        lifting.here(f"lifted 0 {GUESSER}")
        for speaker, hearer in ((books[first], books[second]), (books[second], books[first])):
            for row in speaker.rows():
                asyncio.run(hearer.heard(row))
        assert GUESSER not in kamailio.bans


def test_who_guesses_again_after_a_ban_was_taken_back_is_banned(kamailio: Kamailio) -> None:
    book = book_that_tells([])
    asyncio.run(book.heard(["lifted", GUESSER, 600, 5.0]))
    asyncio.run(book.heard(["account", GUESSER, 300, 1.0]))
    asyncio.run(book.heard(["lifted", GUESSER, 600, 5.5]))
    assert kamailio.bans[GUESSER].startswith("account ")


def test_an_older_version_says_no_age(kamailio: Kamailio) -> None:
    book = book_that_tells([])
    asyncio.run(book.heard(["account", GUESSER, 300]))
    assert GUESSER in kamailio.bans
    asyncio.run(book.heard(["lifted", GUESSER, 0]))
    assert GUESSER not in kamailio.bans


@pytest.mark.parametrize("said", ["account", "lifted"])
def test_what_kamailio_could_not_take_it_is_told_again(kamailio: Kamailio, said: str) -> None:
    kamailio.bans[GUESSER] = "account 1"
    book = book_that_tells([])
    kamailio.down = True
    asyncio.run(book.heard([said, GUESSER, 300, 0.0]))
    kamailio.down = False
    asyncio.run(book.round())
    assert kamailio.bans.get(GUESSER) != "account 1"
    kamailio.bans.pop(GUESSER, None)
    asyncio.run(book.round())
    assert kamailio.bans.get(GUESSER) is None, "once is enough"


def test_a_kamailio_that_was_started_anew_is_told_all_bans(kamailio: Kamailio) -> None:
    book = book_that_tells([])
    asyncio.run(book.heard(["address", "192.0.2.1", 300, 0.0]))
    book.here("account 300 192.0.2.2/102@e.test")
    kamailio.bans.clear()
    book.write_anew()
    asyncio.run(book.round())
    assert set(kamailio.bans) == {"192.0.2.1", "192.0.2.2", "192.0.2.2/102@e.test"}


def test_who_is_trusted_here_is_not_banned_by_others(kamailio: Kamailio) -> None:
    book = book_that_tells([], "192.0.2.0/24")
    asyncio.run(book.heard(["address", "192.0.2.1", 600]))
    assert book.rows() == []
    assert kamailio.bans == {}
