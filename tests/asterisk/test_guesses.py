"""Wrong PINs are limited."""

from __future__ import annotations

from pathlib import Path

import pytest

from carillon.asterisk.guesses import MOST, WITHIN_S, Guesses


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_too_many_wrong_pins_close_a_mailbox_for_a_while() -> None:
    clock = Clock()
    guesses = Guesses(clock=clock)
    for _ in range(MOST):
        assert not guesses.is_closed("102@example.org")
        guesses.wrong("102@example.org")
    assert guesses.is_closed("102@example.org")
    assert not guesses.is_closed("103@example.org")
    clock.now = WITHIN_S + 1
    assert not guesses.is_closed("102@example.org")


def test_the_right_pin_forgets_what_was_counted() -> None:
    guesses = Guesses(clock=Clock())
    for _ in range(MOST - 1):
        guesses.wrong("102@example.org")
    guesses.right("102@example.org")
    guesses.wrong("102@example.org")
    assert not guesses.is_closed("102@example.org")


def test_a_restart_lets_nobody_try_again(tmp_path: Path) -> None:
    clock, place = Clock(), tmp_path / "guesses.json"
    for _ in range(MOST):
        Guesses(place, clock).wrong("102@example.org")
    assert Guesses(place, clock).is_closed("102@example.org")
    clock.now = WITHIN_S + 1
    assert not Guesses(place, clock).is_closed("102@example.org")


def test_the_owner_is_remembered_as_having_been_there(tmp_path: Path) -> None:
    clock, place = Clock(), tmp_path / "guesses.json"
    for _ in range(MOST):
        Guesses(place, clock).wrong("102@example.org")
    Guesses(place, clock).right("102@example.org")
    assert not Guesses(place, clock).is_closed("102@example.org")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"102@example.org": 7}'])
def test_a_broken_file_keeps_nobody_from_counting(tmp_path: Path, text: str) -> None:
    place = tmp_path / "guesses.json"
    place.write_text(text)
    guesses = Guesses(place, Clock())
    for _ in range(MOST):
        guesses.wrong("102@example.org")
    assert Guesses(place, Clock()).is_closed("102@example.org")
