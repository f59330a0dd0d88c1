"""The hosts of the tests: they reach each other, and a pulled cable is a pulled cable."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator

import pytest
from tests.lab import slowlink
from tests.lab.network import Network
from tests.lab.prefix import prefix
from tests.lab.sockets import open_socket

pytestmark = pytest.mark.engines

PREFIX = prefix("pn-")
HOSTS = {"node": ["10.77.0.1", "10.77.0.2"], "a": "10.77.0.11"}


@pytest.fixture
def network() -> Iterator[Network]:
    """Give a node with two addresses and one more host."""
    with Network.build(PREFIX, HOSTS) as network:
        yield network


def _arrives(network: Network, address: str) -> bool:
    with (
        open_socket(network.namespace("node"), socket.SOCK_DGRAM, (address, 5060)) as node,
        open_socket(network.namespace("a"), socket.SOCK_DGRAM, ("10.77.0.11", 0)) as sender,
    ):
        node.settimeout(0.5)
        sender.sendto(b"hello", (address, 5060))
        try:
            return node.recv(100) == b"hello"
        except TimeoutError:
            return False


@pytest.mark.parametrize("address", HOSTS["node"])
def test_a_host_reaches_each_address_of_another(network: Network, address: str) -> None:
    assert _arrives(network, address)


def test_a_cut_host_is_reached_again_when_healed(network: Network) -> None:
    network.cut("node")
    assert not _arrives(network, "10.77.0.1")
    network.heal("node")
    assert _arrives(network, "10.77.0.1")


def test_what_a_crashed_run_left_is_removed() -> None:
    subprocess.run(["ip", "netns", "add", f"{PREFIX}left"], check=True)
    with Network.build(PREFIX, HOSTS) as network:
        left = network.run("a", ["sleep", "600"])
        listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
        assert f"{PREFIX}left" not in listed
        assert network.processes("a") == [left.pid]
    assert left.wait(timeout=5) == -9


def test_a_name_too_long_for_an_interface_is_refused() -> None:
    with (
        pytest.raises(ValueError, match="longer than 15"),
        Network.build(PREFIX, {"telephone-101": "10.77.0.11"}),
    ):
        pass


SITES = {"branch": ["b", "c"]}
AT_SITES = {"a": "10.77.0.11", "b": "10.77.0.12", "c": "10.77.0.13"}


@pytest.fixture(scope="module")
def sites() -> Iterator[Network]:
    """Two hosts at a branch, and one in the middle."""
    with Network.build(prefix("ps-"), AT_SITES, SITES) as network:
        yield network


def _reaches(network: Network, sender: str, receiver: str) -> bool:
    """By what needs no answer, not even of an address: who asked before knows it."""
    with (
        open_socket(network.namespace(receiver), socket.SOCK_DGRAM, (network.address(receiver), 5060)) as hears,
        open_socket(network.namespace(sender), socket.SOCK_DGRAM, (network.address(sender), 0)) as says,
    ):
        hears.settimeout(0.5)
        says.sendto(b"hello", (network.address(receiver), 5060))
        try:
            return hears.recv(100) == b"hello"
        except TimeoutError:
            return False


def test_a_branch_whose_link_is_cut_is_one_by_itself(sites: Network) -> None:
    assert _reaches(sites, "a", "b")
    sites.cut_link("branch")
    assert not _reaches(sites, "a", "b")
    assert _reaches(sites, "b", "c")
    sites.heal_link("branch")
    assert _reaches(sites, "a", "b")


def test_a_link_may_be_dead_in_one_direction(sites: Network) -> None:
    assert _reaches(sites, "a", "b")
    assert _reaches(sites, "b", "a")
    with slowlink.deaf(sites, "branch"):
        assert (_reaches(sites, "a", "b"), _reaches(sites, "b", "a")) == (False, True)
    with slowlink.mute(sites, "branch"):
        assert (_reaches(sites, "a", "b"), _reaches(sites, "b", "a")) == (True, False)
    assert _reaches(sites, "a", "b")


def test_what_a_link_has_carried_is_counted(sites: Network) -> None:
    before = sites.carried("branch")
    assert _reaches(sites, "a", "b")
    assert sites.carried("branch") > before
