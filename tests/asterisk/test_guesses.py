"""Wrong PINs are limited."""

from __future__ import annotations

from carillon.asterisk.guesses import MOST, WITHIN_S, Guesses


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_too_many_wrong_pins_close_a_mailbox_for_a_while() -> None:
    clock = Clock()
    guesses = Guesses(clock)
    for _ in range(MOST):
        assert not guesses.is_closed("102@example.org")
        guesses.wrong("102@example.org")
    assert guesses.is_closed("102@example.org")
    assert not guesses.is_closed("103@example.org")
    clock.now = WITHIN_S + 1
    assert not guesses.is_closed("102@example.org")


def test_the_right_pin_forgets_what_was_counted() -> None:
    guesses = Guesses(Clock())
    for _ in range(MOST - 1):
        guesses.wrong("102@example.org")
    guesses.right("102@example.org")
    guesses.wrong("102@example.org")
    assert not guesses.is_closed("102@example.org")
