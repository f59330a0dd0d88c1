"""The tests' own digest, against the examples of RFC 7616 §3.9.1."""

from __future__ import annotations

import pytest
from tests.phones.digest import Challenge, Login, challenges, choose, credentials
from tests.phones.message import Message

NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
OPAQUE = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
CHALLENGED = Message(
    "SIP/2.0 401 Unauthorized\r\n"
    f'WWW-Authenticate: Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256,'
    f' nonce="{NONCE}", opaque="{OPAQUE}"\r\n'
    f'WWW-Authenticate: Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5,'
    f' nonce="{NONCE}", opaque="{OPAQUE}"\r\n'
    'WWW-Authenticate: Basic realm="x"\r\n\r\n'
)
MUFASA = Login("Mufasa", "Circle of Life", cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_the_rfc(algorithm: str, response: str) -> None:
    answer = credentials(choose(CHALLENGED, algorithm), "GET", "/dir/index.html", MUFASA)
    assert f'response="{response}"' in answer
    assert f'opaque="{OPAQUE}"' in answer
    assert "qop=auth, nc=00000001" in answer


def test_challenges_keep_their_order_and_say_which_header_answers() -> None:
    assert [each.algorithm for each in challenges(CHALLENGED)] == ["SHA-256", "MD5"]
    assert {each.header for each in challenges(CHALLENGED)} == {"Authorization"}


def test_an_algorithm_that_is_not_offered_is_said() -> None:
    with pytest.raises(ValueError, match="SHA-512-256 isn't offered"):
        choose(CHALLENGED, "SHA-512-256")


def test_without_qop_the_old_way_of_rfc_2069() -> None:
    old = Challenge("Authorization", "testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093")
    answer = credentials(old, "GET", "/dir/index.html", Login("Mufasa", "CircleOfLife"))
    assert 'response="1949323746fe6a43ef61f9606e7febea"' in answer  # RFC 2069's erratum 749
    assert "cnonce" not in answer
