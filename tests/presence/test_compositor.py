"""PUBLISH (RFC 3903): first, refreshed, changed, taken back; and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.presence.test_pidf import HEAD

from carillon.model.presence import PresenceState
from carillon.presence import pidf
from carillon.presence.compositor import MOST, Publication, Publish, answer

NOW = 1_800_000_000.0


def document(activity: str) -> str:
    """A small one."""
    return f"{HEAD}<dm:person id='p'><rpid:activities><rpid:{activity}/></rpid:activities></dm:person></presence>"


FIRST = Publish("102@example.org", "presence", 600, "", pidf.TYPE, document("away"))
KEPT = Publication("t1", PresenceState.AWAY, None, NOW - 100, NOW + 500)


def test_a_first_publication_is_kept_under_a_tag() -> None:
    given = answer(FIRST, (), NOW, "t1")
    assert (given.code, dict(given.headers)) == (200, {"SIP-ETag": "t1", "Expires": "600"})
    assert given.keep == Publication("t1", PresenceState.AWAY, None, NOW, NOW + 600)


def test_a_refresh_lasts_longer_and_gets_a_new_tag() -> None:
    given = answer(replace(FIRST, body="", tag="t1"), (KEPT,), NOW, "t2")
    assert (given.code, given.forget, given.keep) == (
        200,
        "t1",
        Publication("t2", PresenceState.AWAY, None, NOW - 100, NOW + 600),
    )


def test_a_refresh_with_a_body_that_says_the_same_is_no_news() -> None:
    """As some phones send it: what another phone said meanwhile still counts."""
    given = answer(replace(FIRST, tag="t1"), (KEPT,), NOW, "t2")
    assert given.keep is not None
    assert given.keep.since == KEPT.since


def test_a_change_is_news() -> None:
    given = answer(replace(FIRST, tag="t1", body=document("busy")), (KEPT,), NOW, "t2")
    assert given.keep is not None
    assert (given.keep.state, given.keep.since) == (PresenceState.BUSY, NOW)


def test_what_is_taken_back_is_forgotten() -> None:
    given = answer(replace(FIRST, tag="t1", body="", expires_s=0), (KEPT,), NOW, "t2")
    assert (given.code, given.forget, given.keep) == (200, "t1", None)


def test_a_publication_that_says_no_time_lasts_an_hour_at_most() -> None:
    for asked in (None, 999_999):
        given = answer(replace(FIRST, expires_s=asked), (), NOW, "t1")
        assert dict(given.headers)["Expires"] == "3600"


@pytest.mark.parametrize(
    ("publish", "code"),
    [
        (replace(FIRST, event="dialog"), 489),
        (replace(FIRST, tag="unknown"), 412),
        (replace(FIRST, content_type="text/plain"), 415),
        (replace(FIRST, body=""), 400),
        (replace(FIRST, body="<presence"), 400),
        (replace(FIRST, expires_s=5), 423),
    ],
)
def test_what_is_refused_changes_nothing(publish: Publish, code: int) -> None:
    given = answer(publish, (KEPT,), NOW, "t2")
    assert (given.code, given.forget, given.keep) == (code, "", None)


def test_a_tag_that_has_ended_is_unknown() -> None:
    ended = replace(KEPT, until=NOW)
    assert answer(replace(FIRST, tag="t1"), (ended,), NOW, "t2").code == 412


def test_a_person_has_a_few_publications_and_no_more() -> None:
    many = tuple(replace(KEPT, tag=f"t{n}") for n in range(MOST))
    assert answer(FIRST, many, NOW, "fresh").code == 403
    assert answer(replace(FIRST, tag="t1"), many, NOW, "fresh").code == 200
