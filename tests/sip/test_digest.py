"""Digest in pure functions: the RFCs' own examples, nonces, and text that no phone should send."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon.model.device import ha1_md5, ha1_sha256
from carillon.sip.digest import (
    NONCE_LIFETIME_S,
    OFFERS,
    Algorithm,
    Credentials,
    NonceState,
    answer,
    challenge,
    make_nonce,
    nonce_state,
    response_matches,
)
from carillon.sip.seal import Secrets

# RFC 7616 §3.9.1: GET /dir/index.html by Mufasa, "Circle of Life" the password.
MUFASA = (
    'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm={algorithm}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, '
    'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="{response}", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
RESPONSES = {
    Algorithm.MD5: "8ca523f5e9506fed4657c9700eebdbec",
    Algorithm.SHA256: "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
}
SECRET, REALM, NOW = Secrets(b"s" * 32), "example.org", 1_800_000_000.0


def mufasa(algorithm: Algorithm, /, **changes: str) -> Credentials:
    """The example's credentials, perhaps changed."""
    parsed = Credentials.parse(MUFASA.format(algorithm=algorithm, response=RESPONSES[algorithm]))
    assert parsed is not None
    values = {name: getattr(parsed, name) for name in Credentials.__slots__}
    return Credentials(**{**values, **changes})


def proves(credentials: Credentials, method: str = "GET") -> bool:
    """Whether the credentials prove the example's password."""
    secret = b"Mufasa:http-auth@example.org:Circle of Life"
    return response_matches(credentials, method, hashlib.md5(secret).hexdigest(), hashlib.sha256(secret).hexdigest())


@pytest.mark.parametrize("algorithm", Algorithm)
def test_the_example_of_rfc_7616(algorithm: Algorithm) -> None:
    assert proves(mufasa(algorithm))


@pytest.mark.parametrize("algorithm", Algorithm)
@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("nonce", "7ypf"),
        ("uri", "/dir/other.html"),
        ("cnonce", "f3"),
        ("nonce_count", "00000002"),
        ("response", "0" * 64),
        ("response", ""),
        ("response", "é"),
        ("qop", "auth-int"),
        ("qop", ""),
        ("cnonce", ""),
        ("nonce_count", ""),
        ("algorithm", "SHA-512-256"),
        ("algorithm", ""),
    ],
)
def test_no_part_may_differ(algorithm: Algorithm, part: str, other: str) -> None:
    assert not proves(mufasa(algorithm, **{part: other}))


def test_it_proves_one_method_only() -> None:
    assert not proves(mufasa(Algorithm.SHA256), "POST")


def test_the_responses_of_one_algorithm_are_none_of_the_other() -> None:
    assert not proves(mufasa(Algorithm.SHA256, algorithm="MD5"))


def test_the_example_of_rfc_3261_style_headers_is_read() -> None:
    text = (
        'DIGEST username = "bob" ,realm="Biloxi.COM",nonce="n",uri="sip:b@c;x=1,y" , response=ABCDEF, qop="AUTH",nc=1'
    )
    assert Credentials.parse(text) == Credentials(
        "bob", "biloxi.com", "n", "sip:b@c;x=1,y", "abcdef", qop="auth", nonce_count="1"
    )


def test_quotes_within_a_name() -> None:
    parsed = Credentials.parse(r'Digest username="a \"b\" c", realm="r", nonce="n", uri="u", response="0"')
    assert parsed is not None
    assert parsed.username == 'a "b" c'


@pytest.mark.parametrize("text", ["", "Digest", "Basic YTpi", 'Digest username="a"', 'Digest username="', "Digest ,,,"])
def test_what_is_no_complete_digest(text: str) -> None:
    assert Credentials.parse(text) is None


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    Credentials.parse(text)
    Credentials.parse(f"Digest {text}")
    Credentials.parse(f'Digest username="{text}", realm="{text}", nonce="n", uri="u", response="r"')


def test_a_nonce_lives_for_a_minute() -> None:
    nonce = make_nonce(SECRET, REALM, NOW, "0a")
    assert nonce_state(SECRET, REALM, nonce, NOW) is NonceState.FRESH
    assert nonce_state(SECRET, REALM, nonce, NOW + NONCE_LIFETIME_S) is NonceState.FRESH
    assert nonce_state(SECRET, REALM, nonce, NOW + NONCE_LIFETIME_S + 1) is NonceState.STALE


def test_clocks_of_two_nodes_may_differ_a_little() -> None:
    nonce = make_nonce(SECRET, REALM, NOW, "0a")
    assert nonce_state(SECRET, REALM, nonce, NOW - 5) is NonceState.FRESH
    assert nonce_state(SECRET, REALM, nonce, NOW - 6) is NonceState.STALE


@given(st.text(), st.text(), st.binary(min_size=1, max_size=32), st.binary(min_size=1, max_size=32))
def test_a_nonce_is_of_one_secret_and_one_realm(realm: str, other: str, secret: bytes, forged: bytes) -> None:
    realm, other = (text.encode("utf-8", "ignore").decode() for text in (realm, other))
    nonce = make_nonce(Secrets(secret), realm, NOW, "0a")
    assert nonce_state(Secrets(secret), realm, nonce, NOW) is NonceState.FRESH
    if other != realm:
        assert nonce_state(Secrets(secret), other, nonce, NOW) is NonceState.FOREIGN
    if forged.rstrip(b"\0") != secret.rstrip(b"\0"):  # a key is padded with zeros
        assert nonce_state(Secrets(forged), realm, nonce, NOW) is NonceState.FOREIGN


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_made_up_nonce_is_foreign(text: str) -> None:
    assert nonce_state(SECRET, REALM, text, NOW) is NonceState.FOREIGN


def test_a_nonce_with_its_time_changed_is_foreign() -> None:
    stamp, rest = make_nonce(SECRET, REALM, NOW - 100, "0a").split("-", 1)
    assert nonce_state(SECRET, REALM, f"{int(stamp, 16) + 100:x}-{rest}", NOW) is NonceState.FOREIGN


def test_a_use_is_a_nonce_with_its_count() -> None:
    assert mufasa(Algorithm.MD5).use != mufasa(Algorithm.MD5, nonce_count="00000002").use


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_challenge_says_all_that_a_phone_needs(algorithm: Algorithm) -> None:
    text = challenge(REALM, "n", algorithm)
    assert text == f'Digest realm="{REALM}", nonce="n", algorithm={algorithm}, qop="auth"'
    assert challenge(REALM, "n", algorithm, stale=True) == f"{text}, stale=true"


def test_the_stronger_algorithm_is_offered_first() -> None:
    assert OFFERS == {
        "both": (Algorithm.SHA256, Algorithm.MD5),
        "md5": (Algorithm.MD5,),
        "sha256": (Algorithm.SHA256,),
    }


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_our_answer_to_a_provider_is_one_that_we_would_take(algorithm: str) -> None:
    asked = f'Digest realm="provider.test", nonce="abc", qop="auth,auth-int", algorithm={algorithm}, opaque="o"'
    header = answer(asked, "line", "secret", "INVITE", "sip:+322@provider.test", "c0ffee")
    assert header is not None
    credentials = Credentials.parse(header)
    assert credentials is not None
    md5, sha256 = ha1_md5("line", "provider.test", "secret"), ha1_sha256("line", "provider.test", "secret")
    assert response_matches(credentials, "INVITE", md5, sha256)
    assert 'opaque="o"' in header
    assert "secret" not in header


def test_a_challenge_of_rfc_2069_is_answered_without_qop() -> None:
    header = answer('Digest realm="r", nonce="n"', "u", "p", "REGISTER", "sip:r", "c")
    assert header is not None
    assert "qop" not in header


@pytest.mark.parametrize("asked", ['Digest realm="r", nonce="n", algorithm=SHA-512-256', "Basic realm=x", "", "Digest"])
def test_a_challenge_that_we_cannot_answer(asked: str) -> None:
    assert answer(asked, "u", "p", "INVITE", "sip:r", "c") is None
