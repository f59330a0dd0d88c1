"""Guessers are turned away without a word, and `carillon ban` says whom and takes it back."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from tests.live.company import Company
from tests.phones.raw import RawAgent
from tests.worlds.building import FOREIGN, carillon

from carillon.kamailio.bans import BANS, FLOODS
from carillon.routing.bans import SETTINGS
from carillon.supervision.rpc import call

pytestmark = pytest.mark.engines

SILENCE_S = 1


def guesses(company: Company, host: str, user: str = "101", times: int = 1) -> None:
    """Registrations with a wrong password; each is answered."""
    guesser = company.raw(user, password="guess", host=host)
    for _ in range(times):
        assert guesser.register().code == 401


def is_ignored(agent: RawAgent) -> bool:
    """Whether a registration ends in silence, at once or after the challenge."""
    own = f"<sip:{agent.user}@{agent.domain}>"
    try:
        answer = agent.authenticated(agent.request("REGISTER", f"sip:{agent.domain}", to=own), SILENCE_S)
    except TimeoutError:
        return True
    assert answer.code == 200
    return False


def bans(company: Company, *more: str) -> list[dict[str, Any]]:
    """What the command says."""
    words = more or ("list",)
    directory = ("--dir", str(company.building.directory))
    return list(json.loads(carillon(company.building.network, *directory, "ban", *words, "--json")))


def test_one_account_from_one_address_is_banned_and_let_in_again(company: Company) -> None:
    guesses(company, "away1", times=20)
    assert is_ignored(company.raw("101", host="away1"))
    assert not is_ignored(company.raw("102", host="away1"))
    assert not is_ignored(company.raw("101", host="away2"))
    address, account = FOREIGN["away1"], f"101@{company.domain}"
    found = [ban for ban in bans(company) if ban["account"] == account]
    assert [ban["address"] for ban in found] == [address]
    assert 0 < found[0]["left_s"] <= SETTINGS.account_ban_s
    assert bans(company, "remove", f"{address}/{account}")
    assert not is_ignored(company.raw("101", host="away1"))
    guesses(company, "away1")
    assert not is_ignored(company.raw("101", host="away1"))
    assert account not in [ban["account"] for ban in bans(company)]


def test_an_address_that_guesses_accounts_is_banned_and_let_in_again(company: Company) -> None:
    for user in range(1000, 1000 + SETTINGS.accounts):
        guesses(company, "away3", str(user))
    bob = company.raw("102", host="away3")
    with pytest.raises(TimeoutError):
        bob.exchange(bob.request("OPTIONS", f"sip:{company.domain}"), SILENCE_S)
    address = FOREIGN["away3"]
    assert (address, None) in [(ban["address"], ban["account"]) for ban in bans(company)]
    assert bans(company, "remove", address)
    assert not is_ignored(bob)
    guesses(company, "away3")
    assert not is_ignored(bob)
    assert address not in [ban["address"] for ban in bans(company)]


def test_a_trusted_place_is_never_banned(company: Company) -> None:
    guesses(company, "phone1", times=25)
    assert not is_ignored(company.raw("101", host="phone1"))
    assert bans(company) == []


def test_a_flood_is_not_answered_and_others_are(company: Company) -> None:
    for host in ("away4", "phone1"):
        address = company.building.network.address(host)
        rpc = company.building.paths.kamailio_rpc
        call(rpc, "htable.setxi", FLOODS, address, SETTINGS.requests, 60)
    assert is_ignored(company.raw("101", host="away4"))
    assert not is_ignored(company.raw("101", host="phone1"))
    assert not is_ignored(company.raw("101", host="phone2"))


def test_a_ban_that_there_is_not(company: Company) -> None:
    for typed, word in (("192.0.2.1", "not banned"), ("nowhere", "no IP address")):
        with pytest.raises(AssertionError, match=word):
            bans(company, "remove", typed)


def test_more_bans_than_a_datagram_holds_are_listed_and_one_is_taken_back(company: Company) -> None:
    accounts = [f"somebody.with.a.long.name.{n}@{company.domain}" for n in range(800)]
    address, rpc = FOREIGN["away3"], company.building.paths.kamailio_rpc
    until = int(time.time()) + 300
    try:
        for account in accounts:
            call(rpc, "htable.setxs", BANS, f"{address}/{account}", f"account {until}", 300)
        assert len(json.dumps(call(rpc, "htable.dump", BANS))) > 1 << 16
        assert {ban["account"] for ban in bans(company)} >= set(accounts)
        assert bans(company, "remove", f"{address}/{accounts[0]}")
        assert accounts[0] not in {ban["account"] for ban in bans(company)}
    finally:
        for account in accounts[1:]:
            call(rpc, "htable.delete", BANS, f"{address}/{account}")
