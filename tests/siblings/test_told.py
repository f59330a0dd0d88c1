"""What a node says of its phones, and what of that is news to another one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carillon.siblings.copies import register
from carillon.siblings.told import News, are_same, doubtful, news, own, read, rows
from carillon.stores.registrationjournal import Binding

NOW = 1_800_000_000
HERE, THERE, THIRD = "", "sip:10.77.0.2:5069;transport=tls;lr", "sip:10.77.0.3:5069;transport=tls;lr"
BOB = Binding(
    contact="sip:102@192.0.2.7:5062",
    received="",
    path="",
    call_id="c1",
    user_agent="Desk",
    socket="udp:10.77.0.2:5060",
    instance="",
    ruid="r1",
    expires=NOW + 600,
    q=500,
    cseq=7,
    reg_id=0,
    modified=NOW - 30,
    flags=32,
)
COPY = replace(BOB, received=THERE, socket="tls:10.77.0.1:5069")


def test_clocks_need_not_agree() -> None:
    (heard,) = read(rows([BOB], NOW), NOW - 7200)
    assert heard == replace(BOB, expires=BOB.expires - 7200, modified=BOB.modified - 7200)


@pytest.mark.parametrize("told", [[["sip:a@b"]], [[1, 2]], ["nonsense"], [[None] * 14]])
def test_nonsense_is_refused(told: list[list[str | int]]) -> None:
    with pytest.raises((TypeError, ValueError)):
        read(told, NOW)


def test_a_phone_of_a_sibling_is_none_of_ours() -> None:
    mine = replace(BOB, contact="sip:102@192.0.2.8")
    assert own([COPY, mine], frozenset({THERE})) == (mine,)


def test_a_phone_that_is_new_is_stored() -> None:
    assert news([BOB], [], THERE, NOW) == News((BOB,))


def test_what_is_known_is_no_news() -> None:
    assert news([BOB], [COPY], THERE, NOW) == News()


@pytest.mark.parametrize("set_by", [-1200, 2, 1200])
def test_a_clock_that_was_set_makes_no_news_of_a_register_that_is_known(set_by: int) -> None:
    """Kamailio would refuse a second copy of it, by its Call-ID and CSeq."""
    assert news([replace(BOB, expires=BOB.expires + max(set_by, -500))], [COPY], THERE, NOW) == News()


def test_a_phone_that_was_started_anew_is_news() -> None:
    again = replace(BOB, call_id="c2")
    assert news([again], [COPY], THERE, NOW) == News((again,))


def test_what_a_sibling_says_and_the_file_does_not_have_is_doubtful() -> None:
    mine, refreshed = replace(BOB, contact="sip:102@192.0.2.8"), replace(BOB, cseq=8)
    told = {"a": (BOB,), "b": (BOB,), "c": (refreshed,), "e": (replace(BOB, expires=NOW),)}
    kept = {"a": (mine, COPY), "b": (mine,), "c": (COPY,), "d": (COPY,), "e": (mine,)}
    assert set(doubtful(told, kept, THERE, NOW)) == {"b", "c", "d"}


def test_a_refresh_is_news() -> None:
    again = replace(BOB, cseq=8, expires=NOW + 3600)
    assert news([again], [COPY], THERE, NOW) == News((again,))


def test_what_a_sibling_no_longer_has_is_removed_and_nothing_else() -> None:
    mine, third = replace(BOB, contact="sip:102@192.0.2.8"), replace(COPY, contact="sip:102@192.0.2.9", received=THIRD)
    assert news([], [COPY, mine, third], THERE, NOW) == News((), (BOB.contact,))


def test_what_has_expired_is_not_stored() -> None:
    assert news([replace(BOB, expires=NOW)], [], THERE, NOW) == News()


@pytest.mark.parametrize("known", [HERE, THIRD])
def test_the_newest_register_says_where_home_is(known: str) -> None:
    """By its number within one registration of a phone, else by its time."""
    before = replace(COPY, received=known)
    later, earlier = replace(BOB, cseq=8), replace(BOB, cseq=6)
    assert news([later], [before], THERE, NOW).stored == (later,)
    assert news([earlier], [before], THERE, NOW) == News()
    restarted = replace(BOB, call_id="c2", cseq=1, modified=BOB.modified + 10)
    assert news([restarted], [before], THERE, NOW).stored == (restarted,)
    stale = replace(restarted, modified=BOB.modified - 10)
    assert news([stale], [before], THERE, NOW) == News()


def test_two_registrations_of_a_moment_have_one_home_whoever_is_asked() -> None:
    one, other = replace(BOB, call_id="c2"), replace(COPY, call_id="c3", received=THIRD)
    assert news([one], [other], THERE, NOW) == News()
    assert news([other], [replace(one, received=HERE)], THIRD, NOW).stored == (other,)


def test_a_flow_is_the_same_whatever_its_contact_says() -> None:
    """RFC 5626: a device that connects anew keeps its instance and the number of its flow."""
    flow = replace(COPY, instance="<urn:uuid:1>", reg_id=1)
    again = replace(flow, received="", contact="sip:102@192.0.2.7:40001;transport=tcp", cseq=8)
    assert news([again], [flow], THERE, NOW) == News((again,))


def test_a_copy_is_stored_as_the_phone_has_registered() -> None:
    text = register("102@example.org", BOB, THERE, ("127.0.0.1", 5067), "tls:10.77.0.1:5069", "ab")
    assert "Contact: <sip:102@192.0.2.7:5062>;expires=" in text
    assert ";q=0.500\r\n" in text
    for line in ("Call-ID: c1", "CSeq: 7 REGISTER", "To: <sip:102@example.org>", f"X-Carillon-Leads-To: {THERE}"):
        assert f"\r\n{line}\r\n" in text


def test_the_file_may_be_a_second_behind_about_an_age() -> None:
    """Whoever is looked up for that alone is looked up again and again."""
    assert are_same([replace(BOB, modified=BOB.modified - 1)], (BOB,))
    assert not are_same([replace(BOB, expires=BOB.expires + 600)], (BOB,))
    assert not are_same([replace(BOB, cseq=8, modified=BOB.modified - 1)], (BOB,))
    assert not are_same((), (BOB,))
