"""SIP addresses and display names, as phones write them and as nobody should."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon.sip.uri import SipUri, display_name, quoted, telephone, unescaped


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("sip:101@example.org", SipUri("101", "example.org")),
        ("sip:example.org", SipUri("", "example.org")),
        ("SIP:Alice@EXAMPLE.org", SipUri("Alice", "example.org")),
        ("sip:101:secret@example.org:5070", SipUri("101", "example.org", 5070)),
        ("sips:101@example.org;transport=tcp", SipUri("101", "example.org", scheme="sips")),
        ("sip:101@[2001:db8::1]:5070;lr?Subject=x", SipUri("101", "[2001:db8::1]", 5070)),
        ("sip:+3225550101;phone-context=be@example.org", SipUri("+3225550101", "example.org")),
        ("sip:*21#@10.0.0.1", SipUri("*21#", "10.0.0.1")),
        ("sip:a?b=c@example.org", SipUri("a?b=c", "example.org")),
    ],
)
def test_what_is_an_address(text: str, uri: SipUri) -> None:
    assert SipUri.parse(text) == uri


@pytest.mark.parametrize(
    "text", ["", "sip:", "tel:101", "101@example.org", "http://x", "sip:@", "sip:a b@c d", "sip:a@"]
)
def test_what_is_none(text: str) -> None:
    assert SipUri.parse(text) is None


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    SipUri.parse(text)
    SipUri.parse(f"sip:{text}")
    SipUri.parse(f"sip:{text}@example.org")


@given(st.from_regex(r"[A-Za-z0-9._+*#-]{0,20}", fullmatch=True), st.sampled_from(["x.org", "[::1]", "10.0.0.1"]))
def test_what_is_written_is_read_again(user: str, host: str) -> None:
    for port in (0, 5060, 65535):
        uri = SipUri(user, host, port)
        assert SipUri.parse(str(uri)) == uri


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp", "Zs", "Co", "Cn"])))
def test_a_name_survives_its_quotes(name: str) -> None:
    assert display_name(quoted(name)) == name


@given(st.text())
def test_a_quoted_name_never_ends_early(name: str) -> None:
    inside = quoted(name)[1:-1]
    assert not any(c in inside for c in "\r\n\0")
    assert '"' not in inside.replace("\\\\", "").replace('\\"', "")


@pytest.mark.parametrize(
    ("sent", "name"),
    [('"Alice"', "Alice"), ("Alice Martin", "Alice Martin"), ("", ""), ('"', '"'), ('""', ""), (r'"a\"b\\"', 'a"b\\')],
)
def test_a_name_with_and_without_quotes(sent: str, name: str) -> None:
    assert display_name(sent) == name


def test_backslashes_are_taken_off_once() -> None:
    assert unescaped(r"a\\\"b") == r"a\"b"


@pytest.mark.parametrize(
    ("text", "user"),
    [("tel:+32-2-555.01(99)", "+3225550199"), ("tel:102;phone-context=example.org", "102"), ("TEL:*21%23", "*21#")],
)
def test_a_telephone_number_is_a_user_of_the_host(text: str, user: str) -> None:
    assert telephone(text, "192.0.2.1") == SipUri(user, "192.0.2.1")


@pytest.mark.parametrize("text", ["tel:", "tel:x y", "sip:102@x", "telephone:102", "tel:<102>"])
def test_what_is_no_telephone_number(text: str) -> None:
    assert telephone(text, "x") is None
