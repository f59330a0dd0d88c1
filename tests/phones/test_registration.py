"""How the test phones register, with a hand-made registrar that the test answers for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.lab.network import Network
from tests.phones.conftest import NewPhone
from tests.phones.digest import Login, choose, credentials
from tests.phones.phone import Phone
from tests.phones.raw import RawAgent

pytestmark = pytest.mark.engines


def _challenges(*algorithms: str) -> list[tuple[str, str]]:
    digest = 'Digest realm="example.org", nonce="n", qop="auth", algorithm='
    return [("WWW-Authenticate", digest + algorithm) for algorithm in algorithms]


@pytest.fixture
def registrar(network: Network) -> Iterator[RawAgent]:
    """Give an agent at the address that phones take for their proxy."""
    host = network.namespace("carol")
    with RawAgent("registrar", "example.org", namespace=host, address=network.address("carol")) as agent:
        yield agent


@pytest.fixture
def phone(new_phone: NewPhone, registrar: RawAgent) -> Phone:
    """Give a phone of that registrar, whose digest name isn't its number."""
    host, port = registrar.link.local
    return new_phone("alice", proxy=f"{host}:{port}", auth_user="desk-1", q=0.5, expires=120)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Give hands to press the phone's keys, while the test answers for the registrar."""
    with ThreadPoolExecutor() as pool:
        yield pool


def test_a_phone_that_is_closed_unregisters_even_when_it_is_challenged(
    phone: Phone, registrar: RawAgent, pool: ThreadPoolExecutor
) -> None:
    """Else each phone of a test would stay registered, and calls of the next test wait for it."""
    registering = pool.submit(phone.register)
    request = registrar.expect("REGISTER")
    registrar.respond(request, 200, headers=[("Contact", f"{request.header('Contact')};expires=60")])
    registering.result()
    leaving = pool.submit(phone.close)
    registrar.respond(registrar.expect("REGISTER"), 401, headers=_challenges("MD5"))
    request = registrar.expect("REGISTER")
    assert "username=" in (request.header("Authorization") or "")
    assert request.header("Expires") == "0"
    registrar.respond(request, 200)
    leaving.result()


def test_a_phone_registers_and_unregisters(phone: Phone, registrar: RawAgent, pool: ThreadPoolExecutor) -> None:
    registering = pool.submit(phone.register)
    registrar.respond(registrar.expect("REGISTER"), 401, headers=_challenges("SHA-256", "MD5"))
    request = registrar.expect("REGISTER")
    assert request.uri.startswith("sip:10.77.0.11")
    assert request.header("Expires") == "120"
    assert "q=0.5" in (request.header("Contact") or "")
    assert 'username="desk-1"' in (request.header("Authorization") or "")
    contact = f"{request.header('Contact')};expires=60"
    registrar.respond(request, 200, headers=[("Contact", contact)])
    done = registering.result()
    assert (done.code, done.expires, done.active) == (200, 60, True)
    assert done.response.header("Contact") == contact

    leaving = pool.submit(phone.unregister)
    request = registrar.expect("REGISTER")
    assert request.header("Expires") == "0"
    registrar.respond(request, 200)
    assert not leaving.result().active


@pytest.mark.parametrize("offered", [("SHA-256", "MD5"), ("MD5", "SHA-256"), ("SHA-256",)])
def test_a_phone_answers_the_first_challenge_and_rightly(
    phone: Phone, registrar: RawAgent, pool: ThreadPoolExecutor, offered: tuple[str, ...]
) -> None:
    registering = pool.submit(phone.register, expect=403)
    challenge = registrar.respond(registrar.expect("REGISTER"), 401, headers=_challenges(*offered))
    request = registrar.expect("REGISTER")
    answers = request.headers("Authorization")
    assert len(answers) == 1
    cnonce = re.search('cnonce="([^"]*)"', answers[0])
    ours = credentials(
        choose(challenge, offered[0]), "REGISTER", request.uri, Login("desk-1", "unused", cnonce[1] if cnonce else "")
    )
    assert re.findall('response="[^"]*"', answers[0]) == re.findall('response="[^"]*"', ours)
    registrar.respond(request, 403, "Forbidden", headers=[("Warning", '399 r "not you"')])
    assert registering.result().response.header("Warning") == '399 r "not you"'


def test_a_refused_registration_is_an_error(phone: Phone, registrar: RawAgent, pool: ThreadPoolExecutor) -> None:
    registering = pool.submit(phone.register)
    registrar.respond(registrar.expect("REGISTER"), 404)
    with pytest.raises(AssertionError, match="alice: register: 404 Not Found"):
        registering.result()
