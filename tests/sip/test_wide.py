"""Values with many fields keep what was given and have the rest from their class; nobody notices."""

from __future__ import annotations

from dataclasses import replace

from carillon.model.frozen import completed
from carillon.routing.questions import Questions
from carillon.routing.request import Request
from carillon.sip.uri import SipUri

ME = SipUri("101", "example.org")


def test_what_is_left_out_is_the_default() -> None:
    request = Request("INVITE", ME, ME, ME, "call-1")
    assert (request.max_forwards, request.private, request.credentials) == (70, {}, None)


def test_they_are_equal_by_their_fields_however_they_were_made() -> None:
    plain = Request("INVITE", ME, ME, ME, "call-1")
    assert plain == Request("INVITE", ME, ME, ME, "call-1", max_forwards=70)
    assert plain == replace(replace(plain, max_forwards=1), max_forwards=70)
    assert plain != replace(plain, max_forwards=1)
    assert hash(Questions(fresh_id=True)) == hash(Questions(None, fresh_id=True))


def test_what_is_filled_in_stays_with_the_one() -> None:
    one, other = Request("INVITE", ME, ME, ME, "call-1"), Request("INVITE", ME, ME, ME, "call-1")
    assert completed(one, max_forwards=3).max_forwards == 3
    assert other.max_forwards == 70
