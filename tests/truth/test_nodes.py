"""Which of the system's nodes this machine is."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from sqlalchemy import Engine, insert

from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.provisioning.system import load_node, load_nodes
from carillon.stores.sql.engine import writing
from carillon.stores.sql.tables import node
from carillon.system.paths import SystemPaths


@pytest.fixture
def three(paths: SystemPaths, truth: Engine) -> None:
    first = load_node(paths)
    with writing(truth) as connection:
        for name, address in (("zurich", "127.0.0.3"), ("ghent", "127.0.0.2")):
            connection.execute(insert(node).values(**asdict(replace(first, name=name, address=address))))


def test_the_only_node_is_this_machine(paths: SystemPaths) -> None:
    own, siblings = load_nodes(paths)
    assert (own.name, siblings) == ("node1", ())


@pytest.mark.usefixtures("three")
def test_a_machine_of_several_says_which_it_is(paths: SystemPaths) -> None:
    paths.node.write_text("ghent\n")
    own, siblings = load_nodes(paths)
    assert (own.name, own.address) == ("ghent", "127.0.0.2")
    assert [one.name for one in siblings] == ["node1", "zurich"]


@pytest.mark.usefixtures("three")
def test_a_machine_that_does_not_say_is_refused(paths: SystemPaths) -> None:
    with pytest.raises(Refused, match=r"^node: .*/node is missing; write there which this is: ghent, node1, z"):
        load_node(paths)


@pytest.mark.usefixtures("three")
def test_a_machine_that_says_something_else_is_refused(paths: SystemPaths) -> None:
    paths.node.write_text("bruges")
    with pytest.raises(Refused, match=r"^node: 'bruges' in .* isn't a node of this system; choose ghent, node1"):
        load_node(paths)


def test_nodes_speak_on_a_port_that_no_other_system_on_the_machine_takes() -> None:
    systems = [Node("a", "example.org", "192.0.2.1", sip_port=port, tls_port=port + 1) for port in (5060, 5070)]
    ports = [port for one in systems for port in (one.sip_port, one.tls_port, one.gateway_port, one.cluster_port)]
    assert len(set(ports)) == len(ports)
    with pytest.raises(Refused, match=r"^tls_port: 5069 is a port for other nodes"):
        Node("a", "example.org", "192.0.2.1", tls_port=5069)
