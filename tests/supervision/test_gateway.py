"""Asterisk between two legs: what the far end says is what the caller hears."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.supervision.proxy import Proxy, sdp

pytestmark = pytest.mark.engines

PRIVATE = {
    "X-Carillon-Leg": "leg1",
    "X-Carillon-Called": "102@carillon.test",
    "X-Carillon-Caller": "101@carillon.test",
    "X-Carillon-Origin": "internal",
    "P-Asserted-Identity": '"Alice Martin" <sip:101@carillon.test>',
}
CODES = (400, 403, 404, 408, 410, 415, 420, 422, 480, 482, 483, 484, 486, 487, 488, 491, 493)
CODES += (500, 501, 502, 503, 504, 505, 513, 600, 603, 604, 606)


def test_a_refused_call_leaves_no_error_in_the_log(proxy: Proxy, gateway: tuple[str, Path]) -> None:
    call = proxy.invite("102", PRIVATE)
    proxy.answer(proxy.await_("INVITE"), 486)
    proxy.final(call)
    assert [line for line in gateway[1].read_text().splitlines() if "ERROR" in line or "WARNING" in line] == []


@pytest.mark.parametrize("code", CODES)
def test_the_far_ends_code_reaches_the_caller(proxy: Proxy, code: int) -> None:
    call = proxy.invite("102", PRIVATE)
    proxy.answer(proxy.await_("INVITE"), code)
    assert proxy.final(call)[0].code == code


def test_the_second_leg_goes_through_the_proxy_and_says_whose_it_is(proxy: Proxy) -> None:
    call = proxy.invite("102", PRIVATE)
    leg = proxy.await_("INVITE")
    proxy.answer(leg, 486)
    proxy.final(call)
    assert leg.start == "INVITE sip:102@carillon.test SIP/2.0"
    assert leg.get("Route") == f"<sip:{proxy.address}:5060;lr>"
    assert {name: leg.get(name) for name in PRIVATE if name.startswith("X-")} == {
        name: value for name, value in PRIVATE.items() if name.startswith("X-")
    }
    assert leg.get("From").startswith('"Alice Martin" <sip:101@')


@pytest.mark.parametrize("missing", ["X-Carillon-Leg", "X-Carillon-Called"])
def test_a_call_that_kamailio_did_not_decide_is_refused(proxy: Proxy, missing: str) -> None:
    call = proxy.invite("102", {name: value for name, value in PRIVATE.items() if name != missing})
    assert proxy.final(call)[0].code == 403


@pytest.mark.parametrize(("far", "heard"), [(180, 180), (183, 183)])
def test_nothing_is_heard_before_the_far_end_says_it(proxy: Proxy, far: int, heard: int) -> None:
    call = proxy.invite("102", PRIVATE)
    leg = proxy.await_("INVITE")
    proxy.answer(leg, far, body=sdp(proxy.address, 40002) if far == 183 else "")
    progress = proxy.await_(code=heard, call_id=call.call_id)
    assert ("m=audio" in progress.body) == (far == 183)
    proxy.answer(leg, 480)
    final, before = proxy.final(call)
    assert (final.code, before) == (480, [100])


def test_the_caller_may_give_up(proxy: Proxy) -> None:
    call = proxy.invite("102", PRIVATE)
    leg = proxy.await_("INVITE")
    proxy.answer(leg, 180)
    proxy.await_(code=180, call_id=call.call_id)
    proxy.again(call, "CANCEL")
    proxy.answer(proxy.await_("CANCEL"), 200)
    proxy.answer(leg, 487)
    assert proxy.final(call)[0].code == 487


def test_hold_and_resume_stay_on_the_holders_leg(proxy: Proxy) -> None:
    call = proxy.invite("102", PRIVATE)
    proxy.answer(proxy.await_("INVITE"), 200, body=sdp(proxy.address, 40002))
    answer, _ = proxy.final(call)
    proxy.await_("ACK")
    proxy.acknowledge(call, answer)
    for way, expected in (("sendonly", "recvonly"), ("sendrecv", "sendrecv")):
        proxy.again(call, "INVITE", sdp(proxy.address, 40000, way=way))
        answer, _ = proxy.final(call)
        assert f"a={expected}\r\n" in answer.body
        proxy.again(call, "ACK")
    proxy.again(call, "BYE")
    proxy.answer(proxy.await_("BYE"), 200)
    # A 200 that was sent twice is acknowledged twice; nothing else reaches the other leg.
    assert [one.start for one in proxy.backlog if one.method not in (None, "", "ACK")] == []


def test_the_callers_first_codec_is_offered_first_and_media_is_on_the_nodes_address(proxy: Proxy) -> None:
    call = proxy.invite("102", PRIVATE, sdp(proxy.address, 40000, (9, 0, 8)))
    leg = proxy.await_("INVITE")
    proxy.answer(leg, 480)
    proxy.final(call)
    assert re.search(r"m=audio \d+ RTP/AVP 9 ", leg.body)
    assert f"c=IN IP4 {proxy.address}\r\n" in leg.body


def test_the_answer_names_one_codec(proxy: Proxy) -> None:
    call = proxy.invite("102", PRIVATE, sdp(proxy.address, 40000, (9, 0, 8)))
    proxy.answer(proxy.await_("INVITE"), 200, body=sdp(proxy.address, 40002, (9, 0, 8)))
    answer, _ = proxy.final(call)
    proxy.hang_up(call, answer)
    assert re.search(r"m=audio \d+ RTP/AVP 9 101\r\n", answer.body)


def test_no_common_codec_is_488_and_the_far_end_is_let_go(proxy: Proxy) -> None:
    call = proxy.invite("102", PRIVATE, sdp(proxy.address, 40000, (96,)).replace("opus", "unknown"))
    proxy.answer(proxy.await_("INVITE"), 200, body=sdp(proxy.address, 40002))
    assert proxy.final(call)[0].code == 488
    proxy.answer(proxy.await_("BYE"), 200)
