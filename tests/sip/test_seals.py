"""What we sealed we know again, and nobody else can make it: proofs of dialogs, ids of legs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from carillon.sip.dialogproof import is_proved, proof
from carillon.sip.legid import is_leg_id, make_leg_id
from carillon.sip.seal import Secrets

SECRET = Secrets(b"s" * 32)
TOKENS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)
SECRETS = st.binary(min_size=32, max_size=32).map(Secrets)
ANYTHING = st.text(st.characters(exclude_categories=["Cs"]))


@given(TOKENS, TOKENS, TOKENS)
def test_a_proof_fits_its_dialog_whoever_speaks(call_id: str, mine: str, theirs: str) -> None:
    made = proof(SECRET, call_id, mine)
    assert is_proved(SECRET, made, call_id, mine, theirs)
    assert is_proved(SECRET, made, call_id, theirs, mine)


@given(SECRETS, SECRETS, TOKENS, TOKENS)
def test_a_proof_of_one_secret_is_none_of_another(secret: bytes, other: bytes, call_id: str, tag: str) -> None:
    assert is_proved(other, proof(secret, call_id, tag), call_id, tag, "x") == (secret == other)


@given(TOKENS, TOKENS, TOKENS, TOKENS)
def test_a_proof_of_one_dialog_is_none_of_another(call_id: str, tag: str, other_call: str, other_tag: str) -> None:
    made = proof(SECRET, call_id, tag)
    if other_call != call_id:
        assert not is_proved(SECRET, made, other_call, tag, tag)
    if other_tag != tag:
        assert not is_proved(SECRET, made, call_id, other_tag, other_tag)


@given(ANYTHING, TOKENS, TOKENS)
def test_a_made_up_proof_proves_nothing(text: str, call_id: str, tag: str) -> None:
    assert not is_proved(SECRET, text, call_id, tag, tag)


def test_no_proof_proves_nothing() -> None:
    assert not is_proved(SECRET, "", "call", "", "")


@given(SECRETS, SECRETS, st.from_regex(r"[0-9a-f]{24}", fullmatch=True))
def test_a_leg_id_of_one_secret_is_none_of_another(secret: bytes, other: bytes, fresh: str) -> None:
    made = make_leg_id(secret, fresh)
    assert is_leg_id(secret, made)
    assert is_leg_id(other, made) == (secret == other)


@given(ANYTHING)
def test_a_made_up_leg_id_is_refused(text: str) -> None:
    assert not is_leg_id(SECRET, text)
