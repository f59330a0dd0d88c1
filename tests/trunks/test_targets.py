"""Where the requests for a trunk go, by what the DNS says (RFC 3263)."""

from __future__ import annotations

from collections import Counter

import pytest

from carillon.routing.outside import drawn
from carillon.stores import trunktargets
from carillon.stores.ports import Target, TrunkProfile
from carillon.trunks.targets import Found, Rows, Unanswered, find

NAME = "provider.example"
ADDRESSES = {
    ("a.provider.example", "A"): Rows(("192.0.2.1",), 300),
    ("b.provider.example", "A"): Rows(("192.0.2.2",), 20),
}
SRV = {
    ("_sip._udp.provider.example", "SRV"): Rows(
        ("10 60 5070 a.provider.example.", "20 0 5060 b.provider.example."), 60
    ),
}
NAPTR = Rows(
    (
        '20 10 "s" "SIP+D2U" "" _sip._udp.provider.example.',
        '10 10 "s" "SIPS+D2T" "" _sips._tcp.provider.example.',
        '10 10 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .',
    )
)


def found(zone: dict[tuple[str, str], Rows], **how: object) -> Found:
    """Where a trunk goes in a world whose DNS says this and nothing else."""
    trunk = TrunkProfile("line", "example.org", **{"host": NAME, "port": 0, **how})  # type: ignore[arg-type]
    return find(trunk, lambda name, type: zone.get((name, type), Rows()))


def uris(zone: dict[tuple[str, str], Rows], **how: object) -> list[str]:
    return [one.uri for one in sorted(found(zone, **how).targets, key=lambda one: one.priority)]


def test_srv_says_hosts_ports_and_their_order() -> None:
    answer = found(SRV | ADDRESSES)
    assert answer.targets == (Target("sip:192.0.2.1:5070", 0, 60), Target("sip:192.0.2.2:5060", 1, 0))


def test_an_answer_holds_as_long_as_the_shortest_of_its_records() -> None:
    assert found(SRV | ADDRESSES).ttl_s == 20


def test_without_srv_the_name_itself_and_the_port_of_the_transport() -> None:
    own = {(NAME, "A"): Rows(("192.0.2.9",)), (NAME, "AAAA"): Rows(("2001:db8::9",))}
    assert uris(own) == ["sip:192.0.2.9:5060", "sip:[2001:db8::9]:5060"]
    assert uris(own, transport="tls")[0] == "sip:192.0.2.9:5061;transport=tls"


def test_with_a_port_nobody_asks_for_srv() -> None:
    own = {(NAME, "A"): Rows(("192.0.2.9",))}
    assert uris(own | SRV | ADDRESSES, port=5080) == ["sip:192.0.2.9:5080"]


def test_naptr_chooses_the_transport_where_it_is_asked() -> None:
    tls = {("_sips._tcp.provider.example", "SRV"): Rows(("1 1 5061 b.provider.example.",))}
    zone = {(NAME, "NAPTR"): NAPTR} | SRV | ADDRESSES
    assert uris(zone | tls, naptr=True) == ["sip:192.0.2.2:5061;transport=tls"]
    assert uris(zone, naptr=True)[0] == "sip:192.0.2.1:5070", "the best one leads nowhere"
    assert uris(zone | tls)[0] == "sip:192.0.2.1:5070", "nobody asks for NAPTR"
    assert uris(SRV | ADDRESSES, naptr=True)[0] == "sip:192.0.2.1:5070", "there is none"


def test_an_address_is_asked_of_nobody() -> None:
    assert uris({}, host="192.0.2.5", port=5060) == ["sip:192.0.2.5:5060"]
    assert uris({}, host="2001:db8::5", port=5061, transport="tls") == ["sip:[2001:db8::5]:5061;transport=tls"]


def test_a_service_that_is_decidedly_not_there_and_a_name_without_address() -> None:
    gone = {("_sip._udp.provider.example", "SRV"): Rows(("0 0 0 .",))}
    assert uris(gone) == []
    assert uris({}) == []


def test_a_dns_that_is_silent_says_nothing() -> None:
    def silent(name: str, type: str) -> Rows:
        raise Unanswered("no name server answers")

    with pytest.raises(Unanswered):
        find(TrunkProfile("line", "example.org", NAME, 0), silent)


def test_calls_are_shared_by_weight_and_priorities_are_kept() -> None:
    heavy, light, spare = Target("sip:a:1", 0, 3), Target("sip:b:1", 0, 1), Target("sip:c:1", 1, 100)
    orders = [drawn((spare, light, heavy), f"call {number}") for number in range(4000)]
    assert {order[2] for order in orders} == {spare}
    share = Counter(order[0] for order in orders)[heavy] / len(orders)
    assert 0.7 < share < 0.8
    assert drawn((spare, light, heavy), "call 7") == orders[7], "the same call is tried in the same order"
    assert drawn((Target("sip:z:1", 0, 0), light), "call")[0] == light


def test_what_the_daemon_tells_the_workers_hear() -> None:
    targets = {
        "line": (Target("sip:192.0.2.1:5070", 0, 60), Target("sip:[2001:db8::1]:5061;transport=tls", 1, 0)),
        "b": (),
    }
    assert trunktargets.heard(trunktargets.told(targets)) == {"line": targets["line"]}
    assert trunktargets.heard(trunktargets.told({})) == {}
    assert trunktargets.heard("") == {}
