"""Which phones ring first where they send no q, as administrators say it."""

from __future__ import annotations

import pytest
from tests.truth.terminal import Terminal

from carillon.stores.directory import DirectoryReader
from carillon.stores.ports import PriorityRow


def in_force(worker: DirectoryReader, domain: str = "example.org") -> tuple[PriorityRow, ...]:
    """What the call logic sees."""
    return worker.domains()[domain].priorities


def test_a_rule_is_made_listed_and_removed(carillon: Terminal, worker: DirectoryReader) -> None:
    made = carillon.done("priority", "add", "0.5", "--device", "*-mobile", "--transport", "TLS").out
    assert made == "Rule 1 added: phones over TLS named *-mobile ring at 0.5.\nIn force now.\n"
    assert in_force(worker) == (PriorityRow(1, 0.5, "", "tls", "*-mobile"),)
    row = {"id": 1, "domain": "example.org", "priority": 0.5, "agent": None, "transport": "tls"}
    assert carillon.got("priority", "list") == [{**row, "device": "*-mobile", "override": False}]
    carillon.done("priority", "remove", "1")
    assert in_force(worker) == ()


def test_rules_have_an_order(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("priority", "add", "0.5", "--agent", "Acrobits*")
    carillon.done("priority", "add", "0.7", "--agent", "*", "--override")
    carillon.done("priority", "add", "0.2", "--transport", "tcp", "--before", "1")
    assert [row.id for row in in_force(worker)] == [3, 1, 2]
    assert "Rule 3 moved" in carillon.done("priority", "move", "3", "--before", "2").out
    assert [row.id for row in in_force(worker)] == [1, 3, 2]
    carillon.done("priority", "move", "1")
    assert [row.id for row in in_force(worker)] == [3, 2, 1]
    assert [row["id"] for row in carillon.got("priority", "list")] == [3, 2, 1]


def test_each_domain_has_its_own(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("domain", "add", "sales.example.org")
    carillon.done("priority", "add", "0.5", "--agent", "Acrobits*", "--domain", "sales.example.org")
    assert (in_force(worker), len(in_force(worker, "sales.example.org"))) == ((), 1)
    assert carillon.got("priority", "list", "--domain", "example.org") == []
    carillon.done("domain", "remove", "sales.example.org")
    assert carillon.got("priority", "list") == []


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("1.5", "--agent", "x"), "priority: must be a number from 0 to 1"),
        (("0.1234", "--agent", "x"), "priority: must be a number from 0 to 1"),
        (("0.5",), "agent: say which phones"),
        (("0.5", "--transport", "ws"), "transport: 'ws' isn't known; choose among udp, tcp, tls."),
        (("0.5", "--agent", "x" * 65), "agent: is no pattern"),
        (("0.5", "--device", "a\nb"), "device: is no pattern"),
        (("0.5", "--agent", "x", "--before", "7"), "before: there is no rule 7"),
        (("0.5", "--agent", "x", "--domain", "nowhere.test"), "nowhere.test"),
    ],
)
def test_what_makes_no_sense_is_refused(carillon: Terminal, words: tuple[str, ...], problem: str) -> None:
    assert problem in carillon.refused("priority", "add", *words)


def test_a_rule_twice_and_a_rule_that_is_not_there(carillon: Terminal) -> None:
    carillon.done("priority", "add", "0.5", "--agent", "Acrobits*")
    assert "rule 1 is about the same phones" in carillon.refused("priority", "add", "0.7", "--agent", "Acrobits*")
    assert "there is no rule 7" in carillon.refused("priority", "remove", "7")
    assert "there is no rule 7" in carillon.refused("priority", "move", "7")
