"""What the caller is told in replies, seen from the wire: privacy, spoofed names, warnings without measure."""

from __future__ import annotations

import pytest
from tests.live.company import Company
from tests.live.talking import calls, final

pytestmark = pytest.mark.engines


def test_a_phone_that_wishes_privacy_is_not_named(company: Company) -> None:
    alice, bob = company.raw("101"), company.registered("102")
    invite = calls(alice, company.uri("102"))
    received = bob.expect("INVITE")
    bob.respond(received, 180, headers=[("Privacy", "id")])
    bob.accept(received, [("Privacy", "id"), ("P-Asserted-Identity", '"The Boss" <sip:100@elsewhere.test>')])
    assert final(alice, invite).code == 200
    assert all(each.header("P-Asserted-Identity") is None for each in alice.seen)


def test_a_called_phone_does_not_choose_its_name(company: Company) -> None:
    alice, bob = company.raw("101"), company.registered("102")
    invite = calls(alice, company.uri("102"))
    bob.accept(bob.expect("INVITE"), [("P-Asserted-Identity", '"The Boss" <sip:100@elsewhere.test>')])
    assert final(alice, invite).headers("P-Asserted-Identity") == [f'"Bob Dupont" <sip:102@{company.domain}>']


def test_a_warning_while_it_rings(company: Company) -> None:
    alice, bob = company.raw("101"), company.registered("102")
    invite = calls(alice, company.uri("102"))
    received = bob.expect("INVITE")
    bob.respond(received, 180, headers=[("Warning", '399 pbx.lan "Line 2 of 10.0.0.7"')])
    ringing = alice.await_message(lambda each: each.code == 180, 5, "180")
    assert ringing.headers("Warning") == [f'399 {company.domain} "Line 2 of …"']
    bob.respond(received, 486)
    assert final(alice, invite).code == 486


def test_fifty_warnings_of_two_kilobytes(company: Company) -> None:
    alice, bob = company.raw("101"), company.registered("102", transport="tcp")
    invite = calls(alice, company.uri("102"))
    many = [("Warning", f'399 far.lan "{n} {"x" * 2000}"') for n in range(50)]
    bob.respond(bob.expect("INVITE"), 480, headers=many[:25])
    answer = final(alice, invite, timeout=10)
    assert answer.code == 480
    assert len("".join(answer.headers("Warning"))) < 1000
