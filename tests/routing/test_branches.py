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
from carillon.stores.ports import Account, OutboundRoute, Party, SiteProfile, TrunkProfile
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


LIEGE = Sibling("liege", ("192.0.2.50",), 5069, branch=True, office=f"liege@{HOME}")
NAMUR = Sibling("namur", ("192.0.2.60",), 5069, branch=True, office=f"namur@{HOME}")


def first_asterisk(number: str, *routes: OutboundRoute, node: NodeProfile, up: tuple[Sibling, ...]) -> Gateway:
    """Where a call of somebody at headquarters goes first; each route's trunk is there."""
    party = Party("101", HOME, "Alice", site=SiteProfile("main", HOME, "BE"))
    trunks = {(HOME, one.trunk): trunk(one.trunk) for one in routes}
    facts = Facts(0.0, node, account=Account("101", HOME, "", "", party), routes=routes, trunks=trunks, satellites=up)
    request = Request("INVITE", SipUri(number, HOME), SipUri("101", HOME), SipUri(number, HOME), "c")
    return in_order(request, facts)[0]


BRANCHES = NodeProfile(HOME, (OWN,), siblings=(LIEGE, NAMUR))
LINE, HIS, OURS = (
    OutboundRoute("+324", "line", "liege", 1),
    OutboundRoute("+324", "line", "main", 1),
    OutboundRoute("+324", "central", None, 2),
)


def test_a_call_that_leaves_by_the_line_of_a_branch_is_made_there() -> None:
    assert first_asterisk("+32475123456", LINE, HIS, OURS, node=BRANCHES, up=(LIEGE, NAMUR)) == LIEGE.gateway


@pytest.mark.parametrize(("routes", "up"), [
    ((LINE, HIS, OURS), (NAMUR,)),
    ((LINE, OURS), (LIEGE, NAMUR)),
    ((LINE, HIS, OutboundRoute("+3", "line", None, 1)), (LIEGE,)),
    ((LINE, HIS, OutboundRoute("+324", "line", "namur", 1)), (LIEGE, NAMUR)),
    ((LINE, HIS), ()),
], ids=["its link is cut", "not his right", "everybody's", "of two branches", "none is heard"])  # fmt: skip
def test_other_calls_out_are_made_here(routes: tuple[OutboundRoute, ...], up: tuple[Sibling, ...]) -> None:
    assert first_asterisk("+32475123456", *routes, node=BRANCHES, up=up) == OWN


def test_a_satellite_makes_the_calls_by_its_own_line() -> None:
    here = NodeProfile(HOME, (OWN,), siblings=(NAMUR,), branch="liege")
    assert first_asterisk("+32475123456", LINE, HIS, node=here, up=(NAMUR,)) == OWN
    shared = OutboundRoute("+324", "line", "namur", 1)
    assert first_asterisk("+32475123456", LINE, HIS, shared, node=here, up=(NAMUR,)) == OWN


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
