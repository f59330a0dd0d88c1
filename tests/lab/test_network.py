"""The hosts of the tests: they reach each other, and a pulled cable is a pulled cable."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator

import pytest
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
