"""What is said to whoever rings when nobody waits for it any more."""

from __future__ import annotations

from carillon.sip.latering import answering

OURS = "SIP/2.0/TLS 192.0.2.1:5067;branch=z9hG4bK3a.6bb.0;i=1"


def test_a_cancel_is_of_the_same_transaction() -> None:
    """The other end finds the INVITE by the branch and by who sent it; To is as it was sent (RFC 3261 §9.1)."""
    via = f"{OURS};received=198.51.100.9;rport=40000"
    said = answering(
        "CANCEL", "sip:102@example.org", via, "<sip:101@a>;tag=1", '"Bob" <sip:102@b>;tag=2;x=y', "id", "7"
    )
    assert said.split("\r\n") == [
        "CANCEL sip:102@example.org SIP/2.0",
        f"Via: {OURS}",
        "From: <sip:101@a>;tag=1",
        'To: "Bob" <sip:102@b>;x=y',
        "Call-ID: id",
        "CSeq: 7 CANCEL",
        "Max-Forwards: 70",
        "Content-Length: 0",
        "",
        "",
    ]


def test_an_ack_has_the_tag_of_who_refused() -> None:
    said = answering("ACK", "sip:102@example.org", OURS, "<sip:101@a>;tag=1", "<sip:102@b>;tag=2", "id", "7")
    assert "To: <sip:102@b>;tag=2\r\n" in said
    assert "CSeq: 7 ACK\r\n" in said


def test_what_is_noted_first_leaves_what_follows() -> None:
    said = answering("CANCEL", "sip:b", "SIP/2.0/UDP a;rport;received=192.0.2.7;branch=z9hG4bK1", "a", "b", "id", "1")
    assert "Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\n" in said
