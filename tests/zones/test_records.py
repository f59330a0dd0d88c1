"""What the zone of a domain says."""

from __future__ import annotations

from dataclasses import replace

import dns.rdatatype
import dns.zone
import pytest

from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.model.zone import Host, NodeShare, Zone, host_of, naptr_of
from carillon.zones.text import serial, served

FIRST = Host("node1", ("192.0.2.10", "2001:db8::1"), 5060, 5061, priority=1, weight=3, serves=True)
SECOND = Host("node2", ("192.0.2.11",), 5070, 5071, priority=2, weight=1)
ZONE = Zone("example.org", (FIRST, SECOND), serial=17)


def said(zone: Zone, name: str, type: str) -> list[str]:
    """What another program reads in our zone file."""
    read = dns.zone.from_text(served(zone), origin=zone.domain, relativize=False)
    rows = read.get_rdataset(f"{name}.", type) if read.get_node(f"{name}.") else None
    return [each.to_text() for each in rows or ()]


def test_a_phone_is_led_to_the_best_transport_first() -> None:
    assert said(ZONE, "example.org", "NAPTR") == [
        '10 50 "s" "SIPS+D2T" "" _sips._tcp.example.org.',
        '20 50 "s" "SIP+D2T" "" _sip._tcp.example.org.',
        '30 50 "s" "SIP+D2U" "" _sip._udp.example.org.',
    ]
    udp_only = replace(ZONE, naptr=("udp",))
    assert said(udp_only, "example.org", "NAPTR") == ['10 50 "s" "SIP+D2U" "" _sip._udp.example.org.']
    assert said(replace(ZONE, naptr=()), "example.org", "NAPTR") == []


def test_nodes_have_priority_weight_and_ports_of_their_own() -> None:
    assert said(ZONE, "_sip._udp.example.org", "SRV") == ["1 3 5060 node1.example.org.", "2 1 5070 node2.example.org."]
    assert said(ZONE, "_sip._tcp.example.org", "SRV") == said(ZONE, "_sip._udp.example.org", "SRV")
    assert said(ZONE, "_sips._tcp.example.org", "SRV") == ["1 3 5061 node1.example.org.", "2 1 5071 node2.example.org."]


def test_nodes_are_named_below_the_domain() -> None:
    assert said(ZONE, "node1.example.org", "A") == ["192.0.2.10"]
    assert said(ZONE, "node1.example.org", "AAAA") == ["2001:db8::1"]
    assert said(ZONE, "example.org", "A") == ["192.0.2.10", "192.0.2.11"]
    assert said(ZONE, "example.org", "NS") == ["node1.example.org."]


def test_no_new_call_is_led_to_a_spare_node_but_its_name_stays() -> None:
    drained = replace(ZONE, hosts=(replace(FIRST, spare=True), SECOND))
    assert said(drained, "_sip._udp.example.org", "SRV") == ["2 1 5070 node2.example.org."]
    assert said(drained, "node1.example.org", "A") == ["192.0.2.10"]
    assert said(drained, "example.org", "A") == ["192.0.2.11"]
    alone = replace(ZONE, hosts=(replace(FIRST, spare=True),))
    assert said(alone, "_sip._udp.example.org", "SRV") == ["1 3 5060 node1.example.org."]


def test_the_advertised_address_is_told_and_far_nodes_come_last() -> None:
    node = Node("node3", "example.org", "10.0.0.3", advertise="203.0.113.3", address6="2001:db8::3")
    near, far = host_of(node, NodeShare("node3", priority=65000)), host_of(node, NodeShare("node3"), far=True)
    assert near.addresses == ("203.0.113.3", "2001:db8::3")
    assert (near.priority, far.priority) == (65000, 32768)
    assert host_of(node, NodeShare("node3", priority=65000), far=True).priority == 65535


def test_a_domain_below_another_one_is_delegated() -> None:
    above = replace(ZONE, below=("branch.example.org",))
    assert said(above, "branch.example.org", "NS") == ["node1.branch.example.org."]
    assert said(above, "node1.branch.example.org", "A") == ["192.0.2.10"]


def test_serials_are_32_bits_and_never_zero() -> None:
    assert (serial(1), serial(2**32 - 1), serial(2**32), serial(2**32 + 1)) == (1, 2**32 - 1, 1, 2)
    assert said(ZONE, "example.org", "SOA") == ["node1.example.org. hostmaster.example.org. 17 60 30 604800 30"]


def test_a_zone_that_nobody_serves_has_no_file() -> None:
    with pytest.raises(ValueError, match="no name server"):
        served(replace(ZONE, hosts=(SECOND,)))


@pytest.mark.parametrize("text", ["sctp", "tls,tls", "tls off", "udp;tcp"])
def test_transports_that_are_none(text: str) -> None:
    with pytest.raises(Refused, match="tls,tcp,udp"):
        naptr_of(text)


@pytest.mark.parametrize(("text", "transports"), [("off", ()), ("", ()), ("UDP, tcp", ("udp", "tcp"))])
def test_transports_as_typed(text: str, transports: tuple[str, ...]) -> None:
    assert naptr_of(text) == transports
