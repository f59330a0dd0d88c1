"""What is made of a source's answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon.names.answers import Unusable, name_in


@pytest.mark.parametrize(
    ("body", "path", "name"),
    [
        ('{"name": "Jan Peeters"}', "name", "Jan Peeters"),
        ('{"data": {"contacts": [{"display": "Jan"}]}}', "data.contacts.0.display", "Jan"),
        ('[{"name": "Jan"}, {"name": "Piet"}]', "0.name", "Jan"),
        ('{"first": "Jan", "last": "Peeters"}', "first, last", "Jan Peeters"),
        ('{"first": null, "last": "Peeters"}', "first,last", "Peeters"),
        ('{"name": "Jan\\n\\u202e\\u0007 \\"P\\""}', "name", 'Jan "P"'),
        ('{"name": 4711}', "name", "4711"),
        ("[]", "0.name", ""),
        ("{}", "name", ""),
        ("null", "name", ""),
        ("", "name", ""),
        ('{"name": {"first": "Jan"}}', "name", ""),
        ('{"name": true}', "name", ""),
        ('{"name": "Jan"}', "name.0.first", ""),
        ('["Jan"]', "\u00b2", ""),
    ],
)
def test_the_name_in_an_answer(body: str, path: str, name: str) -> None:
    assert name_in(body.encode(), path) == name


def test_a_name_that_no_display_has_room_for_is_cut() -> None:
    assert name_in(b'{"name": "' + b"x" * 200 + b'"}', "name") == "x" * 64


@pytest.mark.parametrize("body", [b"<html>Login</html>", b"\xff\xfe", b"{", b"[" * 60_000, b'{"name": "Jan}'])
def test_what_is_no_json(body: bytes) -> None:
    with pytest.raises(Unusable, match="no JSON"):
        name_in(body, "name")


@given(st.binary(max_size=200), st.sampled_from(["name", "0.name", "a.b,c"]))
def test_whatever_comes_is_a_short_name_or_unusable(body: bytes, path: str) -> None:
    try:
        name = name_in(body, path)
    except Unusable:
        return
    assert len(name) <= 64
    assert name.isprintable()
