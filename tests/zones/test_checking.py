"""Whether the world is told what it should be."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace

from carillon.model.zone import Host, Zone
from carillon.zones.checking import Answer, Finding, Verdict, check
from carillon.zones.records import own_addresses, records

ZONE = Zone("example.org", (Host("node1", ("192.0.2.10",), 5060, 5061),), naptr=("udp",))
UDP = ("_sip._udp.example.org", "SRV")


@dataclass
class World:
    """What caches and the domain's own name servers say."""

    cached: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    own: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    dead: bool = False

    def ask(self, name: str, type: str) -> Answer:
        if self.dead:
            return Answer(words="the name server doesn't answer")
        return Answer(frozenset(self.cached.get((name, type), ())), 300)

    def ask_own(self, domain: str, name: str, type: str) -> Answer:
        return Answer(frozenset(self.own.get((name, type), ())), 60)


def zone_as_it_should_be() -> dict[tuple[str, str], set[str]]:
    said = defaultdict(set)
    for one in (*records(ZONE), *own_addresses(ZONE)):
        said[one.name, one.type].add(one.data)
    return said


def world() -> World:
    return World(zone_as_it_should_be(), zone_as_it_should_be())


def found(world: World, name: str, type: str, zone: Zone = ZONE) -> Finding:
    return next(one for one in check(zone, world) if (one.name, one.type) == (name, type))


def test_all_is_right() -> None:
    assert {one.verdict for one in check(ZONE, world())} == {Verdict.RIGHT}


def test_a_record_that_was_forgotten() -> None:
    said = world()
    del said.cached[UDP], said.own[UDP]
    assert found(said, *UDP) == Finding(*UDP, Verdict.MISSING, "add 1 1 5060 node1.example.org.")


def test_a_record_that_was_mistyped() -> None:
    said = world()
    said.cached[UDP] = said.own[UDP] = {"1 1 5070 node1.example.org."}
    words = "add 1 1 5060 node1.example.org.; remove 1 1 5070 node1.example.org."
    assert found(said, *UDP) == Finding(*UDP, Verdict.DIFFERENT, words)


def test_an_old_answer_that_others_keep() -> None:
    said = world()
    said.cached[UDP] = {"1 1 5060 gone.example.org."}
    finding = found(said, *UDP)
    assert finding.verdict is Verdict.STALE
    assert finding.words == "changed; others keep 1 1 5060 gone.example.org. for 300 s at most"
    said.cached[UDP] = set()
    assert "that there is none for 300 s" in found(said, *UDP).words


def test_records_that_are_switched_off_must_go() -> None:
    finding = found(world(), "example.org", "NAPTR", replace(ZONE, naptr=()))
    assert (finding.verdict, finding.good) == (Verdict.DIFFERENT, False)
    assert finding.words.startswith("remove 10 50")


def test_the_domain_of_a_web_site_is_no_trouble() -> None:
    said = world()
    said.cached["example.org", "A"] = {"198.51.100.80"}
    finding = found(said, "example.org", "A")
    assert finding.good
    assert finding.words == ("leads to 198.51.100.80; phones that know no SRV need node1.example.org as their server")


def test_a_name_server_that_is_silent() -> None:
    """It is asked once: whoever is silent about one name is so about all."""
    silent = Finding("example.org", "NAPTR", Verdict.SILENT, "the name server doesn't answer")
    assert list(check(ZONE, World(dead=True))) == [silent]
