"""Passwords: both algorithms, nonces that serve once and for a minute, and replies that tell a guesser nothing."""

from __future__ import annotations

import re
import secrets
import time

import pytest
from tests.live.company import Company, bindings, registers
from tests.phones.digest import Challenge, Login, challenges, choose, credentials
from tests.phones.message import Message
from tests.phones.raw import RawAgent

from carillon.provisioning import domains
from carillon.provisioning.system import put_in_force
from carillon.sip.digest import make_nonce
from carillon.stores.secretring import Ring

pytestmark = pytest.mark.engines

DESK, HOME = "sip:101@10.77.0.11:5070", "sip:101@10.77.0.12:5070"


def asks(agent: RawAgent, **fields: str) -> Message:
    """A REGISTER that is not sent yet."""
    own = {"to": f"<sip:{agent.user}@{agent.domain}>", "contact": f"<{DESK}>"}
    return agent.request("REGISTER", f"sip:{agent.domain}", headers=[("Expires", "600")], **{**own, **fields})


def answering(request: Message, challenge: Challenge, login: Login, count: int = 1) -> Message:
    """The same request with credentials; nothing else is changed."""
    login = Login(login.user, login.password, "c0ffee", count)
    value = credentials(challenge, request.method, request.uri, login)
    head, gap, body = request.text.partition("\r\n\r\n")
    return Message(f"{head}\r\nAuthorization: {value}{gap}{body}")


def test_both_algorithms_are_offered_the_stronger_first(company: Company) -> None:
    alice = company.raw("101")
    refused = alice.exchange(asks(alice))
    assert refused.code == 401
    offered = challenges(refused)
    assert [each.algorithm for each in offered] == ["SHA-256", "MD5"]
    assert {each.realm for each in offered} == {company.domain}
    assert all(each.qop == "auth" and not each.stale for each in offered)


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
def test_each_algorithm_registers_and_calls(company: Company, algorithm: str) -> None:
    alice, bob = company.raw("101", algorithm=algorithm), company.registered("102")
    assert registers(alice, [f"<{DESK}>"], 600).code == 200
    invite = alice.invite(company.uri("102"))
    refused = alice.exchange(invite)
    assert refused.code == 407
    assert [each.algorithm for each in challenges(refused)] == ["SHA-256", "MD5"]
    alice.send(alice.with_credentials(invite, refused))
    bob.respond(bob.expect("INVITE"), 486)
    assert alice.await_message(lambda each: each.code == 486, 5, "486")


@pytest.mark.parametrize(("offer", "offered"), [("md5", ["MD5"]), ("sha256", ["SHA-256"])])
def test_a_domain_offers_what_its_phones_can(company: Company, offer: str, offered: list[str]) -> None:
    domains.set(company.building.truth, "the tests", company.domain, offer)
    put_in_force(company.building.paths)
    alice = company.raw("101", algorithm=offered[0])
    refused = alice.exchange(asks(alice))
    assert [each.algorithm for each in challenges(refused)] == offered
    assert registers(alice, [f"<{DESK}>"], 600).code == 200


def test_an_algorithm_that_the_domain_does_not_offer_proves_nothing(company: Company) -> None:
    domains.set(company.building.truth, "the tests", company.domain, "sha256")
    put_in_force(company.building.paths)
    alice = company.raw("101")
    request = asks(alice)
    offered = choose(alice.exchange(request), "SHA-256")
    weaker = Challenge(offered.header, offered.realm, offered.nonce, "MD5", "auth")
    assert alice.exchange(answering(asks(alice), weaker, alice.login)).code == 401
    assert alice.exchange(answering(asks(alice), offered, alice.login)).code == 200


def test_a_wrong_password_and_an_unknown_user_get_the_same_bytes(company: Company) -> None:
    wrong, unknown = company.raw("101", host="phone1", password="guess"), company.raw("199", host="phone1")
    answers = [registers(agent, [f"<{DESK}>"], 600, via=_via(agent), call_id="c", from_=_from(company),
                         to=f"<{company.uri('101')}>") for agent in (wrong, unknown)]  # fmt: skip
    first, second = (_without_what_is_fresh(answer.text) for answer in answers)
    assert first == second
    assert answers[0].code == 401


def test_a_wrong_password_and_an_unknown_user_calling_get_the_same_bytes(company: Company) -> None:
    wrong, unknown = company.raw("101", host="phone1", password="guess"), company.raw("199", host="phone1")
    texts = []
    for agent in (wrong, unknown):
        invite = agent.request("INVITE", company.uri("102"), via=_via(agent), call_id=f"c-{agent.user}",
                               from_=_from(company))  # fmt: skip
        answer = agent.authenticated(invite)
        assert answer.code == 407
        texts.append(_without_what_is_fresh(answer.text.replace(f"c-{agent.user}", "c")))
    assert texts[0] == texts[1]


def test_the_copy_of_a_request_does_not_pass_in_another_transaction(company: Company) -> None:
    alice = company.raw("101")
    challenge = choose(alice.exchange(asks(alice)), "SHA-256")
    assert alice.exchange(answering(asks(alice), challenge, alice.login)).code == 200
    again = alice.exchange(answering(asks(alice), challenge, alice.login))
    assert again.code == 401
    assert all(each.stale for each in challenges(again))


def test_a_nonce_may_be_used_again_with_its_next_count(company: Company) -> None:
    alice = company.raw("101")
    challenge = choose(alice.exchange(asks(alice)), "SHA-256")
    assert alice.exchange(answering(asks(alice), challenge, alice.login, 1)).code == 200
    assert alice.exchange(answering(asks(alice), challenge, alice.login, 2)).code == 200


def test_a_retransmission_is_answered_again(company: Company) -> None:
    alice = company.raw("101")
    request = answering(asks(alice), choose(alice.exchange(asks(alice)), "SHA-256"), alice.login)
    assert [alice.exchange(request).code for _ in range(3)] == [200, 200, 200]
    assert set(bindings(registers(alice))) == {DESK}


def test_an_overheard_request_registers_no_other_contact(company: Company) -> None:
    """Same Call-ID, CSeq and credentials, as a retransmission has, but another contact."""
    alice, mallory = company.raw("101"), company.raw("101", password="guess")
    request = answering(asks(alice), choose(alice.exchange(asks(alice)), "SHA-256"), alice.login)
    assert alice.exchange(request).code == 200
    forged = mallory.exchange(request.text.replace(DESK, HOME))
    assert forged.code == 401
    assert set(bindings(registers(alice))) == {DESK}


def test_an_overheard_call_does_not_become_a_call_to_somebody_else(company: Company) -> None:
    alice, carol = company.raw("101"), company.registered("103")
    invite = alice.invite(company.uri("199"))
    invite = alice.with_credentials(invite, alice.exchange(invite))
    assert alice.exchange(invite).code == 404
    forged = invite.text.replace("INVITE sip:199@", "INVITE sip:103@").replace("branch=z9hG4bK", "branch=z9hG4bK1")
    assert company.raw("101", password="guess").exchange(forged).code == 407
    with pytest.raises(TimeoutError):
        carol.expect("INVITE", timeout=0.3)


def test_an_old_nonce_is_stale_and_the_right_password_needs_no_asking(company: Company) -> None:
    alice = company.raw("101")
    secret = Ring.read(company.building.paths.run_secrets).secrets(time.time())
    old = make_nonce(secret, company.domain, time.time() - 61, secrets.token_hex(8))
    challenge = Challenge("Authorization", company.domain, old, "SHA-256", "auth")
    answer = alice.exchange(answering(asks(alice), challenge, alice.login))
    assert answer.code == 401
    assert all(each.stale for each in challenges(answer))
    assert alice.exchange(answering(asks(alice), choose(answer, "SHA-256"), alice.login)).code == 200


def test_a_wrong_password_with_an_old_nonce_is_not_called_stale(company: Company) -> None:
    mallory = company.raw("101", password="guess")
    secret = Ring.read(company.building.paths.run_secrets).secrets(time.time())
    old = make_nonce(secret, company.domain, time.time() - 61, secrets.token_hex(8))
    challenge = Challenge("Authorization", company.domain, old, "SHA-256", "auth")
    answer = mallory.exchange(answering(asks(mallory), challenge, mallory.login))
    assert answer.code == 401
    assert not any(each.stale for each in challenges(answer))


@pytest.mark.parametrize("nonce", ["", "made-up", "ffffffff-1-000000000000000000000000", "é", "-" * 500])
def test_a_nonce_that_is_not_ours_is_worth_nothing(company: Company, nonce: str) -> None:
    alice = company.raw("101")
    challenge = Challenge("Authorization", company.domain, nonce, "SHA-256", "auth")
    answer = alice.exchange(answering(asks(alice), challenge, alice.login))
    assert answer.code == 401
    assert not any(each.stale for each in challenges(answer))


def test_a_nonce_of_one_domain_is_none_of_another(company: Company) -> None:
    alice = company.raw("101")
    secret = Ring.read(company.building.paths.run_secrets).secrets(time.time())
    elsewhere = make_nonce(secret, "carillon.test", time.time(), secrets.token_hex(8))
    challenge = Challenge("Authorization", company.domain, elsewhere, "SHA-256", "auth")
    assert alice.exchange(answering(asks(alice), challenge, alice.login)).code == 401


def _via(agent: RawAgent) -> str:
    return "SIP/2.0/UDP {}:{};branch=z9hG4bK-same".format(*agent.link.local)


def _from(company: Company) -> str:
    return f"<{company.uri('101')}>;tag=same"


def _without_what_is_fresh(text: str) -> str:
    """Without nonces, tags, branches, ports of the sender, and the CSeq that each side counts for itself."""
    text = re.sub(r'nonce="[^"]*"', 'nonce=""', text)
    text = re.sub(r"(;tag=|;branch=|;rport=|10\.77\.0\.\d+:)[^;\r\n]*", r"\1", text)
    return re.sub(r"CSeq: \d+", "CSeq: 0", text)
