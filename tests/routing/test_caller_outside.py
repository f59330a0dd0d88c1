"""What a provider is told of the caller: in From, and in P-Asserted-Identity."""

from __future__ import annotations

import pytest

from carillon.routing.decision import AddHeader, SetFrom
from carillon.routing.outside import caller_effects
from carillon.stores.ports import TrunkProfile

ALICE = "+3225550101"


def told(*, withheld: bool = False, **fields: object) -> tuple[str, str, str, bool]:
    """Name and URI in From, P-Asserted-Identity, and whether privacy is asked for."""
    trunk = TrunkProfile("line", "example.org", "192.0.2.9", 5060, main_number="+3225550100", **fields)  # type: ignore[arg-type]
    effects = caller_effects(ALICE, "Alice", trunk, withheld=withheld)
    shown = next(effect for effect in effects if isinstance(effect, SetFrom))
    added = {effect.name: effect.value for effect in effects if isinstance(effect, AddHeader)}
    return shown.name, shown.uri, added.get("P-Asserted-Identity", ""), "Privacy" in added


def test_as_usual_the_caller_stands_in_both() -> None:
    uri = f"sip:{ALICE}@192.0.2.9"
    assert told() == ("Alice", uri, f'"Alice" <{uri}>', False)


def test_a_provider_that_wants_its_account_in_from() -> None:
    asserted = f'"Alice" <sip:{ALICE}@192.0.2.9>'
    assert told(from_user="line-4711") == ("Alice", "sip:line-4711@192.0.2.9", asserted, False)


def test_the_providers_domain_stands_in_both() -> None:
    said = told(from_user="line-4711", realm="provider.test")
    assert said[1:3] == ("sip:line-4711@provider.test", f'"Alice" <sip:{ALICE}@provider.test>')


@pytest.mark.parametrize(("trusted", "asserted"), [(False, ""), (True, f"<sip:{ALICE}@192.0.2.9>")])
def test_a_withheld_caller_of_a_provider_that_wants_its_account(trusted: bool, asserted: str) -> None:
    said = told(withheld=True, from_user="line-4711", trusted=trusted)
    assert said == ("Anonymous", "sip:line-4711@192.0.2.9", asserted, True)


def test_an_account_with_odd_letters_is_escaped() -> None:
    assert told(from_user="line#1")[1] == "sip:line%231@192.0.2.9"
