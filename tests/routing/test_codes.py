"""Feature codes: which one was dialled, and what is left of the number."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.worlds.simulated import DOMAIN, SimulatedCall, SimulatedOffice

from carillon.explain.call import Situation, explain
from carillon.routing.codes import CODES, Feature, FeatureCode, dialled
from carillon.stores.ports import Account

PICK_UP = FeatureCode("*3", Feature.SHOW, "EXT", "a shorter code that begins the same")
CLEAR = FeatureCode("*310", Feature.SHOW, "", "a longer one that takes nothing")


@pytest.mark.parametrize(
    ("text", "code", "number"),
    [
        ("*31025551234", "*31", "025551234"),
        ("*31#025551234", "*31", "025551234"),
        ("*31+3225551234", "*31", "+3225551234"),
        ("*32102", "*32", "102"),
        ("*21*102#", "*21", "102"),
        ("*21102#", "*21", "102"),
        ("#21", "#21", ""),
        ("#21#", "#21", ""),
        ("#21102", None, "#21102"),
        ("*31", "*31", ""),
        ("102", None, "102"),
        ("*99102", None, "*99102"),
        ("31102", None, "31102"),
        ("", None, ""),
    ],
)
def test_the_code_and_the_rest(text: str, code: str | None, number: str) -> None:
    found = dialled(text)
    assert (found.code.code if found.code else None, found.number) == (code, number)


def test_the_longest_code_is_meant_and_one_that_takes_nothing_stands_alone() -> None:
    codes = (PICK_UP, *CODES, CLEAR)
    assert dialled("*310", codes).code is CLEAR
    assert dialled("*310#", codes).code is CLEAR
    assert dialled("*3102", codes) == replace(dialled("*3102", CODES))
    assert dialled("*4102", codes).code is None
    assert dialled("*3#102", codes) == replace(dialled("102"), code=PICK_UP)


def withholding(office: SimulatedOffice, *, withhold: bool) -> None:
    """Whether Alice is hidden outside, unless she says otherwise."""
    account = office.engine.directory.account(DOMAIN, "101")
    assert isinstance(account, Account)
    office.engine.directory.add_account(replace(account, party=replace(account.party, withhold=withhold)))


def asserted(call: SimulatedCall) -> list[str]:
    return [value for shown in call.inbound.ringing.values() for name, value in shown.headers if name[:2] == "P-"]


@pytest.mark.parametrize(
    ("withhold", "typed", "hidden"),
    [
        (False, "025551234", False),
        (False, "*31025551234", True),
        (False, "*32025551234", False),
        (True, "025551234", True),
        (True, "*32025551234", False),
        (True, "*31#025551234", True),
        (True, "*31112", False),
    ],
)
def test_a_code_wins_over_the_default_and_an_emergency_over_both(withhold: bool, typed: str, hidden: bool) -> None:
    office = SimulatedOffice()
    provider = office.provider()
    office.allows(office.alice, "national")
    withholding(office, withhold=withhold)
    call = office.alice.calls(typed)
    call.rings(provider)
    assert call.arrived_with(provider, "Privacy") is hidden
    assert bool(asserted(call)) is not hidden


def test_a_trusted_provider_is_told_all_the_same() -> None:
    office = SimulatedOffice()
    provider = office.provider()
    trunk = office.engine.directory.trunks()[DOMAIN, "provider"]
    office.engine.directory.add_trunk(replace(trunk, trusted=True))
    office.allows(office.alice, "national")
    call = office.alice.calls("*31025551234")
    call.rings(provider)
    call.shows(provider, "Anonymous", "anonymous")
    assert asserted(call) == ["<sip:+3225550100@provider.test>"]


def test_the_code_is_explained() -> None:
    office = SimulatedOffice()
    engine = office.engine
    account = engine.directory.account(DOMAIN, "101")
    assert account is not None
    explained = explain(Situation(account, "*31102", engine.now, lambda aor: True), engine.node, engine.directory)
    rows = {row.rule: (row.verdict, row.fact) for _, decision in explained.legs for row in decision.trace}
    assert rows["code_matched"] == ("withhold", "*31, and 102")
    assert rows["caller_shown"] == ("withheld", "by the caller's wish")
