"""What is different at a branch: its own trunks for help, no Asterisk of others beyond its link, numbers both ways."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from carillon.routing.affinity import in_order
from carillon.routing.facts import Facts, Gateway, NodeProfile, Sibling
from carillon.routing.numbering import from_trunk
from carillon.routing.outside import lines, written
from carillon.routing.request import Request
from carillon.sip.uri import SipUri
from carillon.stores.ports import OutboundRoute, TrunkProfile
from carillon.stores.smalltables import in_order as as_tried

HOME = "example.org"
OWN = Gateway("127.0.0.1", 5080)
MAIN, BRANCH = Sibling("main2", ("192.0.2.2",), 5069), Sibling("liege", ("192.0.2.50",), 5069, branch=True)


def trunk(name: str, **more: object) -> TrunkProfile:
    return TrunkProfile(name, HOME, f"{name}.test", 5060, **more)  # type: ignore[arg-type]


def tried(number: str, site: str) -> list[str]:
    """The trunks for a number, where the central one has the route with the longer prefix."""
    routes = (OutboundRoute("+32", "central", None, 1), OutboundRoute("", "local", "liege", 1))
    trunks = {name: trunk(name) for name in ("central", "local")}
    ordered = as_tried(((HOME, route) for route in routes), {(HOME, name): one for name, one in trunks.items()})
    return [line.name for line in lines(number, site, ordered[HOME], trunks)]


def test_who_calls_for_help_at_a_branch_does_so_by_its_own_trunk() -> None:
    assert tried("112", "liege") == ["local", "central"]
    assert tried("112", "main") == ["central"]
    assert tried("+3225550102", "liege") == ["central", "local"]


@pytest.mark.parametrize(("siblings", "order"), [
    ((BRANCH, MAIN), [OWN, MAIN.gateway]),
    ((BRANCH,), [OWN]),
])  # fmt: skip
def test_nobody_takes_the_asterisk_of_a_branch_because_his_own_is_silent(
    siblings: tuple[Sibling, ...], order: list[Gateway]
) -> None:
    facts = Facts(0.0, NodeProfile(HOME, (OWN,), siblings=siblings))
    request = Request("INVITE", SipUri("102", HOME), SipUri("101", HOME), SipUri("102", HOME), "c")
    assert list(in_order(request, facts)) == order


def example(region: str) -> phonenumbers.PhoneNumber | None:
    return phonenumbers.example_number(region)


REGIONS = sorted(region for region in phonenumbers.SUPPORTED_REGIONS if example(region))


@given(st.sampled_from(REGIONS), st.sampled_from(["BE", "FR", "DE", "IT", "GB", "US"]), st.booleans(), st.data())
def test_a_number_that_is_written_for_a_provider_is_read_as_the_same(
    region: str, country: str, national: bool, data: st.DataObject
) -> None:
    """Out by a trunk and in again by it, in either of its formats: whoever has the number is reached by it."""
    found = example(region)
    assert found is not None
    plain = phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
    last = data.draw(st.integers(0, 999))
    number = f"{plain[:-3]}{last:03}"
    assume(phonenumbers.is_valid_number(phonenumbers.parse(number)))
    provider = trunk("provider", country=country, national_format=national)
    assert from_trunk(written(number, provider), country) == number
