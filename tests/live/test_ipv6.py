"""A node with both families: a phone and a trunk of IPv6 beside a phone of IPv4, which hears itself through them.

The library of our phones has no IPv6, so a raw agent signals and a mirror sends the sound back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from tests.lab.network import Network
from tests.lab.prefix import BUILDING
from tests.live.watching import Watch, dialogs
from tests.phones.call import Call
from tests.phones.dialog import Dialog
from tests.phones.message import Message
from tests.phones.mirror import Mirror
from tests.phones.phone import Phone
from tests.phones.raw import RawAgent
from tests.supervision.installation import until
from tests.worlds.building import Building, carillon

pytestmark = pytest.mark.engines

NODE, NODE6 = "10.78.0.1", "fd00:78::1"
HOSTS = {"node": (NODE, NODE6), "old": ("10.78.0.11",), "new": ("fd00:78::12",), "line": ("fd00:78::21",)}
DOMAIN = "carillon.test"
PEOPLE = {"101": "old", "102": "new"}
PORT = 5060


@pytest.fixture(scope="module")
def building(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Building]:
    """A running system that has both."""
    directory = tmp_path_factory.mktemp("both") / "system"
    with Network.build(BUILDING.replace("-", "6"), HOSTS) as network:
        both = ("--address", NODE, "--address6", NODE6)
        carillon(network, "create", str(directory), "--domain", DOMAIN, *both)
        (directory / "trusted").write_text("10.78.0.0/24\nfd00:78::/64\n")
        try:
            carillon(network, "--dir", str(directory), "up")
            building = Building(network, directory)
            for extension in PEOPLE:
                building.hires(DOMAIN, extension, f"Person {extension}")
                building.gives_phone(DOMAIN, extension, extension, "secret")
            yield building
        finally:
            carillon(network, "--dir", str(directory), "down")


@pytest.fixture
def alice(building: Building) -> Iterator[Phone]:
    """101, a phone of IPv4."""
    place = {"namespace": building.network.namespace("old"), "address": building.network.address("old")}
    with Phone("Alice", "101", "secret", DOMAIN, proxy=f"{NODE}:{PORT}", **place) as phone:
        phone.register()
        yield phone


@pytest.fixture
def bob(building: Building) -> Iterator[RawAgent]:
    """102, a phone of IPv6."""
    with _of_ipv6(building.network, "new", "102") as agent:
        assert agent.register(expires=300).code == 200
        yield agent


@contextmanager
def _of_ipv6(network: Network, host: str, user: str, port: int = 0) -> Iterator[RawAgent]:
    """A raw agent with a mirror."""
    place = {"namespace": network.namespace(host), "address": network.address(host)}
    with (
        RawAgent(user, DOMAIN, password="secret", proxy=f"[{NODE6}]:{PORT}", port=port, **place) as agent,
        Mirror(place["namespace"], place["address"]),
    ):
        yield agent


def _answers(agent: RawAgent) -> Message:
    """Answer the call that comes in, take the ACK, and give the INVITE."""
    invite = agent.expect("INVITE")
    agent.accept(invite)
    agent.expect("ACK")
    return invite


def _ends(agent: RawAgent, call: Call) -> None:
    call.hangup()
    agent.respond(agent.expect("BYE"), 200)
    call.wait_ended()


def test_a_phone_of_ipv4_calls_one_of_ipv6(alice: Phone, bob: RawAgent) -> None:
    call = alice.dial("102")
    invite = _answers(bob)
    call.wait_answered()
    assert f"c=IN IP6 {NODE6}" in invite.text
    call.hears(alice.tone)
    _ends(bob, call)


def test_a_phone_of_ipv6_calls_one_of_ipv4(alice: Phone, bob: RawAgent) -> None:
    challenged = bob.exchange(bob.invite(f"sip:101@{DOMAIN}"))
    invite = bob.with_credentials(bob.invite(f"sip:101@{DOMAIN}"), challenged)
    bob.send(invite)
    rings = alice.incoming()
    rings.answer()
    response = bob.await_message(lambda each: each.code == 200 and each.cseq == invite.cseq, 8, "200")
    dialog = Dialog.called(bob, invite, response)
    dialog.ack()
    assert f"c=IN IP6 {NODE6}" in response.text
    assert f"c=IN IP4 {NODE}" in rings.invite.text
    rings.hears(alice.tone)
    assert dialog.bye().code == 200
    rings.wait_ended()


def test_a_phone_of_ipv6_that_refuses(alice: Phone, bob: RawAgent) -> None:
    call = alice.dial("102")
    bob.respond(bob.expect("INVITE"), 486)
    assert call.wait_ended().code == 486


def test_a_trunk_of_ipv6(building: Building, alice: Phone) -> None:
    address = building.network.address("line")
    with _of_ipv6(building.network, "line", "provider", PORT) as provider:
        building.adds_trunk(DOMAIN, "line", f"[{address}]", 1)
        building.allows(DOMAIN, "101", ("national",))
        building.numbers(DOMAIN, "+3225550101", "101")
        call = alice.dial("025551234")
        invite = _answers(provider)
        assert invite.uri == f"sip:+3225551234@[{address}]:{PORT}"
        assert f"c=IN IP6 {NODE6}" in invite.text
        call.wait_answered()
        call.hears(alice.tone)
        _ends(provider, call)
        comes = provider.invite(f"sip:+3225550101@[{NODE6}]")
        provider.send(comes)
        rings = alice.incoming()
        rings.answer()
        response = provider.await_message(lambda each: each.code == 200 and each.cseq == comes.cseq, 8, "200")
        dialog = Dialog.called(provider, comes, response)
        dialog.ack()
        rings.hears(alice.tone)
        assert dialog.bye().code == 200
        building.removes_trunk(DOMAIN, "line")


def test_we_register_by_ipv6(building: Building) -> None:
    with _of_ipv6(building.network, "line", "provider", PORT) as provider:
        building.adds_trunk(DOMAIN, "account", f"[{building.network.address('line')}]", 2, "us", "secret")
        request = provider.await_message(lambda each: each.method == "REGISTER", 10, "REGISTER")
        assert request.header("Contact") == f"<sip:account.{DOMAIN}@[{NODE6}]:{PORT}>"
        provider.respond(request, 200, headers=[("Contact", f"{request.header('Contact')};expires=300")])
        until(lambda: building.trunk(DOMAIN, "account")["registration"] == "registered", "it holds")
        building.removes_trunk(DOMAIN, "account")


def test_a_node_that_has_ipv6_only(tmp_path: Path) -> None:
    directory, hosts = tmp_path / "system", {"node": (NODE6,), "new": ("fd00:78::12",), "line": ("fd00:78::21",)}
    with Network.build(BUILDING.replace("-", "7"), hosts) as network, ExitStack() as left:
        carillon(network, "create", str(directory), "--domain", DOMAIN, "--address", NODE6)
        left.callback(carillon, network, "--dir", str(directory), "down")
        carillon(network, "--dir", str(directory), "up")
        building, agents = Building(network, directory), []
        for extension, host in (("101", "new"), ("102", "line")):
            building.hires(DOMAIN, extension, f"Person {extension}")
            building.gives_phone(DOMAIN, extension, extension, "secret")
            agents.append(left.enter_context(_of_ipv6(network, host, extension)))
            assert agents[-1].register(expires=300).code == 200
        first, second = agents
        lamp = Watch(first, f"sip:102@{DOMAIN}", "dialog")
        challenged = first.exchange(first.invite(f"sip:102@{DOMAIN}"))
        invite = first.with_credentials(first.invite(f"sip:102@{DOMAIN}"), challenged)
        first.send(invite)
        received = second.expect("INVITE")
        ringing = second.respond(received, 180, headers=[("Contact", f"<{second.contact}>")])
        (shown,) = dialogs(lamp.until(lambda told: bool(dialogs(told)) and bool(dialogs(told)[0].get("local-tag"))))
        its = received.header("Call-ID"), ringing.tag("To"), received.tag("From")
        assert (shown.get("call-id"), shown.get("local-tag"), shown.get("remote-tag")) == its
        assert f'entity="sip:102@{DOMAIN}"' in lamp.told[-1].body
        assert lamp.told[-1].peer[0] == NODE6
        assert f"c=IN IP6 {NODE6}" in received.text
        second.accept(received)
        second.expect("ACK")
        response = first.await_message(lambda each: each.code == 200 and each.cseq == invite.cseq, 8, "200")
        dialog = Dialog.called(first, invite, response)
        dialog.ack()
        assert f"c=IN IP6 {NODE6}" in response.text
        first.send(dialog.request("BYE"))
        second.respond(second.expect("BYE"), 200)
        lamp.until(lambda told: not dialogs(told))
        assert lamp.again().code == 200
        assert building.status()["healthy"] is True
