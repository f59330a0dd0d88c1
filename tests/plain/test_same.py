"""The short path says what the rules say: the engine is told the same, and so is the trace."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plain.office import DOMAIN, FEED, LEG
from tests.plain.ways import Arrival, Heard, Ways

from carillon.kamailio.routes import CHALLENGES

HEADERS = [
    *"""
Privacy: id
Privacy: none
Replaces: c;to-tag=1;from-tag=2
Session-Expires: 90
Session-Expires: 1800
Session-Expires: 600;refresher=uas
Session-Expires: soon
Min-SE: 90
Min-SE: 200
Require: timer
Require: 100rel
Warning: 399 x "hot"
P-Asserted-Identity: <sip:boss@example.org>
P-Preferred-Identity: <sip:1@x>
Diversion: <sip:104@example.org>;reason=unconditional
History-Info: <sip:1@x>;index=1
Subject: été
X-Carillon-Withheld: yes
x-carillon-group: sales
X-Carillon-Forwards: 3
X-Carillon-No-Forward: yes
X-Carillon-Outside: mobile
X-Carillon-Recorded: yes
X-Carillon-Service: echo
Route: <sip:10.79.0.1;lr>
Record-Route: <sip:x;lr;timer=90>
Path: <sip:10.79.0.9:5070;lr>
Event: x
Supported: path, outbound
Authorization: Digest username="bob"
Proxy-Authorization: Basic x
Expires: 30
Contact: *
Contact: <sip:101@10.0.0.1>;expires=0
Via: SIP/2.0/UDP 1.2.3.4
Alert-Info: x
""".strip().split("\n"),
    f"X-Carillon-Leg: {LEG}",
    "X-Y: \x1e",
]
WORDS = [
    *"""
101 102 103 999 *31102 *8 *43 0475123456 112 +3225550102 anonymous 10.79.0.1 EXAMPLE.ORG anonymous.invalid 10.79.0.9
example.net example.org 127.79.0.1:5080 0 1 70 71 5061 sips tel:102 transport=tcp OK MD5 SHA-256 auth 00000002 <null>
ü %40 %s %(shown)s proof media=x.encryption timer=300 f1 t1
""".split(),  # noqa: SIM905 -- a list of words is easier to read
    "\x1e",
    "\x1f",
]

Edit = Callable[[str], str]


def with_header(header: str) -> Edit:
    return lambda text: text.replace("\r\nCSeq", f"\r\n{header}\r\nCSeq", 1)


def without_line(number: int) -> Edit:
    def edit(text: str) -> str:
        lines = text.split("\r\n")
        del lines[1 + number % (len(lines) - 1)]
        return "\r\n".join(lines)

    return edit


def with_word(number: int, word: str) -> Edit:
    """Another word in the place of one of those in the message."""

    def edit(text: str) -> str:
        found = list(re.finditer(r"[0-9A-Za-z_.+*-]+", text))
        here = found[number % len(found)]
        return text[: here.start()] + word + text[here.end() :]

    return edit


edits = st.lists(
    st.one_of(
        st.sampled_from(HEADERS).map(with_header),
        st.integers(0, 60).map(without_line),
        st.builds(with_word, st.integers(0, 120), st.sampled_from(WORDS)),
    ),
    max_size=3,
)
PLACES = [
    *(("10.79.0.9", 5070), ("127.79.0.1", 5080), ("127.79.0.2", 5090), ("10.79.0.77", 5060)),
    ("2001:db8:0:0:0:0:0:9", 5060),  # as the engine writes it
    *(("10.79.0.2", 41000), FEED),  # of other nodes, where there are any
]


def _said(heard: Heard) -> Heard:
    """Without what the short path leaves for the engine alone."""
    told = [each for each in heard.told if each[0] != "htable.sht_sets" or each[1][0] != CHALLENGES]
    shared = {name: table for name, table in heard.shared.items() if name != CHALLENGES}
    return replace(heard, told=told, shared=shared)


def same(ways: Ways, arrival: Arrival) -> None:
    short, rules = map(_said, ways.both(arrival))
    assert short.told == rules.told
    assert short.rows == rules.rows
    assert short.shared == rules.shared
    assert short.kept == rules.kept


def test_a_plain_call(ways: Ways, plain: dict[str, Arrival]) -> None:
    for arrival in plain.values():
        same(ways, arrival)


@pytest.mark.parametrize("name", ["INVITE in", "REGISTER"])
@pytest.mark.parametrize("missing", ["username", "realm", "nonce", "uri", "response", "qop", "nc", "cnonce"])
def test_credentials_that_lack_something(ways: Ways, plain: dict[str, Arrival], name: str, missing: str) -> None:
    arrival = plain[name]
    assert f"{missing}=" in arrival.message.text
    same(
        ways, replace(arrival, message=replace(arrival.message, text=arrival.message.text.replace(f"{missing}=", "x=")))
    )


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_whatever_is_written_into_its_messages(ways: Ways, plain: dict[str, Arrival], data: st.DataObject) -> None:
    arrival = plain[data.draw(st.sampled_from(sorted(plain)))]
    text = arrival.message.text
    for edit in data.draw(edits):
        text = edit(text)
    address, port = data.draw(st.sampled_from([(arrival.message.address, arrival.message.port), *PLACES]))
    message = replace(arrival.message, text=text, address=address, port=port)
    kept = {name: edit(value) for name, value in arrival.kept.items() for edit in [data.draw(st.sampled_from(_MEMOS))]}
    same(ways, replace(arrival, message=message, kept=kept, transaction=data.draw(st.sampled_from([-1, -1, 0, 1]))))


def _memo_with(number: int, value: str) -> Edit:
    def edit(memo: str) -> str:
        fields = memo.split("\x1f")
        fields[number] = value
        return "\x1f".join(fields)

    return edit


SHOWN = ("-", "", '!"Group" <sip:600@example.org>', '"50 % \u00e9" <sip:102@example.org>')
_MEMOS: list[Edit] = [
    *([lambda memo: memo] * 8),
    _memo_with(2, "anonymous@anonymous.invalid"),
    _memo_with(8, "abc.encryption"),
    _memo_with(11, f"person 103@{DOMAIN}"),
    *(_memo_with(14, shown) for shown in SHOWN),
    _memo_with(15, "away until 3"),
    _memo_with(16, "x"),
]


@pytest.mark.parametrize("flags", [0, 1 << 5, 1 << 6, 1 << 17])
def test_whatever_phone_answers(ways: Ways, plain: dict[str, Arrival], flags: int) -> None:
    ways.paper.contacts[f"102@{DOMAIN}"] = [("sip:102@10.79.0.9:5070", flags)]
    ways.paper.looked = f"102@{DOMAIN}"
    try:
        for arrival in plain.values():
            ways.paper.looked = f"102@{DOMAIN}"
            same(ways, arrival)
    finally:
        ways.paper.contacts[f"102@{DOMAIN}"] = [("sip:102@10.79.0.9:5070", 0)]


@pytest.mark.parametrize("reason", ["", "<null>"])
def test_a_reply_without_a_reason_or_with_the_engines_word_for_none(
    ways: Ways, plain: dict[str, Arrival], reason: str
) -> None:
    for name in ("180 in", "180 out"):
        arrival = plain[name]
        text = arrival.message.text.replace("180 Ringing", f"180 {reason}", 1)
        same(ways, replace(arrival, message=replace(arrival.message, text=text)))


def test_a_note_for_the_caller(ways: Ways, plain: dict[str, Arrival]) -> None:
    for name in ("180 in", "200 in"):
        leg = plain[name].kept["$avp(memo)"].split("\x1f")[1]
        ways.paper.shared["told"] = {leg: '["Carol", []]'}
        same(ways, plain[name])
        ways.paper.shared.pop("told")


@pytest.mark.parametrize(
    "bound",
    [[], [("sip:101@10.79.0.8:5070", 0)], [("sip:101@10.79.0.9:5070", 0), ("sip:101@10.79.0.8:5070", 0)]],
    ids=["none", "another", "two"],
)
def test_whatever_is_registered(ways: Ways, plain: dict[str, Arrival], bound: list[tuple[str, int]]) -> None:
    before = ways.paper.contacts[f"101@{DOMAIN}"]
    ways.paper.contacts[f"101@{DOMAIN}"] = bound
    try:
        same(ways, plain["REGISTER"])
    finally:
        ways.paper.contacts[f"101@{DOMAIN}"] = before


BEFORE = ["htable.sht_inc", "sanity.sanity_check", "force_rport"]
"""What the worker tells the engine of each request that comes from outside, before it asks whether it is plain."""


@pytest.mark.parametrize("name", ["INVITE challenged", "INVITE in", "INVITE out", "REGISTER", "ACK in", "BYE out"])
@pytest.mark.parametrize("more", ["", "X-Carillon-Group: sales\r\n", "Require: 100rel\r\n"])
def test_a_request_at_whose_sender_the_engine_has_looked(
    ways: Ways, plain: dict[str, Arrival], name: str, more: str
) -> None:
    """Routes of kamailio.cfg do what the worker does first, and hand the rest over: with the same result."""
    arrival = plain[name]
    message = replace(arrival.message, text=arrival.message.text.replace("CSeq:", f"{more}CSeq:", 1))
    arrival = replace(arrival, message=message)
    for looked, whole in zip(ways.both(arrival.known()), ways.both(arrival), strict=True):
        assert looked.told == [each for each in whole.told if each[0] not in BEFORE]
        assert (looked.rows, looked.kept) == (whole.rows, whole.kept)
