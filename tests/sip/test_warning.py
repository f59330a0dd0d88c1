"""Warnings of far ends as they are passed on: garbage, too many, too long, with addresses."""

from __future__ import annotations

import pytest

from carillon.sip.warning import LONGEST, MOST, own, tidied


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('399 far.example "Overloaded"', ('399 us "Overloaded"',)),
        ('399 a "One", 307 b "Two"', ('399 us "One"', '307 us "Two"')),
        ('399 a "Say \\"hi\\", now"', ('399 us "Say \\"hi\\", now"',)),
        ('399 a "Same", 399 b "Same"', ('399 us "Same"',)),
        ('399 a "Besetzt: Müller"', ('399 us "Besetzt: Müller"',)),
        ('399 a "at 192.0.2.7:5060"', ('399 us "at …"',)),
        ('399 a "at sip:x@10.0.0.1;lr"', ('399 us "at …"',)),
        ('399 a "at [2001:db8::1:2]:5060"', ('399 us "at …"',)),
        ('399 a "until 17:30, version 1.2.3"', ('399 us "until 17:30, version 1.2.3"',)),
        ('399 a "two\r\nlines"', ('399 us "two lines"',)),
        ('399 a ""', ()),
        ("nonsense", ()),
        ('399 a "never closed', ()),
        ('99 a "x"', ()),
        ("", ()),
        ('","' * 5000, ()),
        ("399 " * 5000, ()),
        ("\\" * 10000, ()),
    ],
)
def test_what_is_passed_on(said: str, told: tuple[str, ...]) -> None:
    assert tidied(said, "us") == told


def test_many_and_long_ones_are_cut() -> None:
    told = tidied(", ".join(f'399 a "{n} {"x" * 1500}"' for n in range(50)), "us")
    assert len(told) == MOST
    assert all(len(one) < LONGEST + 20 for one in told)
    assert own("us", "y" * 500).endswith('…"')
