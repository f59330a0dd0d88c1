"""The short path on a node that has siblings: the same messages, and what concerns other nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.plain.office import DOMAIN, PaperOffice, paper_engine
from tests.plain.test_same import (  # noqa: F401 -- all of it holds here, too
    same,
    test_a_note_for_the_caller,
    test_a_plain_call,
    test_a_request_at_whose_sender_the_engine_has_looked,
    test_whatever_is_registered,
    test_whatever_is_written_into_its_messages,
    test_whatever_phone_answers,
)
from tests.plain.ways import Arrival, Ways

from carillon.stores.talking import Talking

TWO = "sip:10.79.0.2:5069;transport=tls;lr"


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ways]:
    """Both ways of a worker whose node has one sibling."""
    with paper_engine() as paper:
        office = PaperOffice(paper, tmp_path_factory.mktemp("paper"), (("two", ["10.79.0.2"], 5069),))
        both = Ways(office)
        yield both
        both.close()
        office.close()


def test_a_plain_call_asks_no_rules(ways: Ways, plain: dict[str, Arrival], monkeypatch: pytest.MonkeyPatch) -> None:
    before = {name: ways.by_rules(arrival) for name, arrival in plain.items()}

    def asked(*_: object) -> int:
        raise AssertionError("the rules were asked")

    monkeypatch.setattr(ways.office.worker, "_by_rules", asked)
    for name, arrival in plain.items():
        assert ways.by_short_path(arrival, lambda act: act()).rows == before[name].rows


@pytest.mark.parametrize("flags", [0, 1 << 5, 1 << 6])
@pytest.mark.parametrize("homes", [("there",), ("there", "here"), ("here", "there"), ("there", "there")])
def test_a_phone_whose_home_is_there(ways: Ways, plain: dict[str, Arrival], homes: tuple[str, ...], flags: int) -> None:
    paper, aor = ways.paper, f"102@{DOMAIN}"
    before = paper.contacts[aor]
    paper.contacts[aor] = [(f"sip:102@10.79.0.{place}:5070", flags) for place in range(20, 20 + len(homes))]
    paper.paths = {
        contact: TWO for (contact, _), home in zip(paper.contacts[aor], homes, strict=True) if home == "there"
    }
    try:
        same(ways, plain["INVITE out"])
    finally:
        paper.contacts[aor], paper.paths = before, {}


@pytest.mark.parametrize("who", ["101", "102", "103"])
@pytest.mark.parametrize("where", ["two", "here", "here,two", "gone"])
def test_who_has_a_call_there(ways: Ways, plain: dict[str, Arrival], who: str, where: str) -> None:
    ways.paper.shared["elsewhere"] = {f"{who}@{DOMAIN}": where}
    try:
        same(ways, plain["INVITE in"])
    finally:
        del ways.paper.shared["elsewhere"]


@pytest.mark.parametrize(
    ("talks_here", "sibling"), [((), True), (("101",), False), (("102",), False), (("103",), True)]
)
def test_a_call_here_counts_before_one_there(
    ways: Ways, plain: dict[str, Arrival], talks_here: tuple[str, ...], sibling: bool
) -> None:
    """Alice calls Bob, who has a call there."""
    talking = Talking(ways.office.place)
    for who in talks_here:
        talking.begins(f"{who}@{DOMAIN}")
    ways.paper.shared["elsewhere"] = {f"102@{DOMAIN}": "two"}
    try:
        rows = ways.by_rules(plain["INVITE in"]).rows
    finally:
        del ways.paper.shared["elsewhere"]
        talking.close()
        (ways.office.place / "talking").unlink()
    assert any("of sibling two" in row for row in rows) is sibling


@pytest.mark.parametrize("name", ["ACK in", "BYE in", "ACK out", "BYE out"])
@pytest.mark.parametrize("separate", [True, False])
def test_a_dialog_that_leads_there(ways: Ways, plain: dict[str, Arrival], name: str, separate: bool) -> None:
    """Its route set names the sibling after us."""
    between = ">\r\nRoute: " if separate else ">,"
    arrival = plain[name]
    text = arrival.message.text.replace(">\r\nMax-Forwards", f"{between}<{TWO}>\r\nMax-Forwards", 1)
    assert TWO in text
    same(ways, replace(arrival, message=replace(arrival.message, text=text)))


def test_what_comes_from_there(ways: Ways, plain: dict[str, Arrival]) -> None:
    """Whatever port it comes from, and whoever said it before."""
    for arrival in plain.values():
        same(ways, replace(arrival, message=replace(arrival.message, address="10.79.0.2", port=5069)))


def test_where_nodes_are_heard(ways: Ways, plain: dict[str, Arrival]) -> None:
    ways.paper.heard_at = 5069
    try:
        for arrival in plain.values():
            same(ways, arrival)
    finally:
        ways.paper.heard_at = 5060
