"""While the system's secret is renewed: what a former one has sealed is ours for a time, and all new is by the new."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carillon.routing.anchor import branch_anchor, caller_anchor
from carillon.routing.facts import Gateway, NodeProfile
from carillon.routing.indialog import belongs
from carillon.routing.progress import Onward, Progress, key_of, progress_in
from carillon.routing.request import Request, Source
from carillon.sip.dialogproof import is_proved, proof
from carillon.sip.digest import NonceState, make_nonce, nonce_state
from carillon.sip.legid import is_leg_id, make_leg_id
from carillon.sip.seal import Secrets
from carillon.sip.uri import SipUri

FORMER, NEW, STOLEN = b"f" * 32, b"n" * 32, b"x" * 32
BEFORE = Secrets(FORMER)
OFFERED = Secrets(FORMER, (NEW,))
SEALING = Secrets(NEW, (FORMER,))
AFTER = Secrets(NEW)
ALICE = SipUri("101", "example.org")

BOTH_WAYS = pytest.mark.parametrize(
    ("made", "checked"),
    [(BEFORE, OFFERED), (OFFERED, BEFORE), (OFFERED, SEALING), (SEALING, OFFERED), (SEALING, AFTER), (AFTER, SEALING)],
    ids=["asked late", "asked early", "sealing early", "sealing late", "forgets late", "forgets early"],
)
"""Two nodes that are a step apart: what one makes, the other one must take."""


@BOTH_WAYS
def test_nodes_a_step_apart_take_what_the_other_one_makes(made: Secrets, checked: Secrets) -> None:
    leg = make_leg_id(made, "abc")
    token = Onward(key_of(made, leg), (), Progress()).token(Progress("102@a.org", "busy", 486))
    assert is_leg_id(checked, leg)
    assert progress_in(checked, leg, token) == Progress("102@a.org", "busy", 486)
    assert is_proved(checked, proof(made, "c", "f"), "c", "t", "f")
    assert nonce_state(checked, "a.org", make_nonce(made, "a.org", 1000, "1"), 1001) is NonceState.FRESH


def test_all_new_is_sealed_by_the_new_one() -> None:
    assert make_leg_id(SEALING, "abc") == make_leg_id(AFTER, "abc") != make_leg_id(OFFERED, "abc")
    assert make_leg_id(OFFERED, "abc") == make_leg_id(BEFORE, "abc")


def test_a_forgotten_secret_makes_nothing_of_ours() -> None:
    leg = make_leg_id(BEFORE, "abc")
    assert not is_leg_id(AFTER, leg)
    assert not is_proved(AFTER, proof(BEFORE, "c", "f"), "c", "f", "t")
    assert nonce_state(AFTER, "a.org", make_nonce(BEFORE, "a.org", 1000, "1"), 1001) is NonceState.FOREIGN
    assert progress_in(AFTER, leg, Onward(key_of(BEFORE, leg), (), Progress()).token(Progress())) is None


def test_a_nonce_of_the_former_secret_grows_old_as_any() -> None:
    nonce = make_nonce(BEFORE, "a.org", 1000, "1")
    assert nonce_state(SEALING, "a.org", nonce, 1061) is NonceState.STALE


def test_a_secret_that_was_never_ours_is_not_taken_meanwhile() -> None:
    assert not is_leg_id(SEALING, make_leg_id(Secrets(STOLEN), "abc"))
    assert not is_proved(SEALING, proof(Secrets(STOLEN), "c", "f"), "c", "f", "t")


def test_the_sound_of_a_call_that_rings_keeps_its_session_at_the_relay() -> None:
    leg = make_leg_id(BEFORE, "abc")
    for later in (OFFERED, SEALING):
        assert caller_anchor(later, leg) == caller_anchor(BEFORE, leg)
        assert branch_anchor(later, leg, "102@a.org", 0) == branch_anchor(BEFORE, leg, "102@a.org", 0)
        assert key_of(later, leg) == key_of(BEFORE, leg)


def test_who_hangs_up_after_the_renewal_is_followed() -> None:
    before = NodeProfile("example.org", (Gateway("127.0.0.1", 5080),), secrets=BEFORE)
    bye = Request(
        *("BYE", ALICE, ALICE, ALICE, "c", "10.0.0.9", 5060, "udp", Source.OUTSIDE, 70),
        from_tag="f", to_tag="t", dialog_proof=proof(before.secrets, "c", "f"),
    )  # fmt: skip
    assert belongs(bye, replace(before, secrets=SEALING))
    assert not belongs(bye, replace(before, secrets=AFTER))
