"""What `make bench` asks of the systems: the shares of calls, the people, and when a run counts."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from bench.figure import Target
from bench.people import CROWD, FEW, file, person, with_phones
from bench.rounds import Spread
from bench.sipp import SCENARIOS, Traffic

from carillon.provisioning.peoplefile import Line, read


def kinds(scenario: str) -> list[re.Pattern[str]]:
    """How a scenario tells who is busy, and who doesn't answer."""
    text = (SCENARIOS / f"{scenario}.xml").read_text()
    wanted = re.findall(r'<ereg regexp="([^"]*)" [^>]*assign_to="(?:busy|silent)"', text)
    return [re.compile(expression) for expression in wanted]


@pytest.mark.parametrize("people", [FEW, CROWD])
@pytest.mark.parametrize("scenario", ["phone_calls", "gateway_calls"])
def test_ten_of_a_hundred_are_busy_and_five_are_given_up(people: int, scenario: str) -> None:
    callers, called = kinds(scenario), kinds("answers")
    found: Counter[tuple[bool, ...]] = Counter()
    for one in with_phones(people):
        told = tuple(bool(kind.search(one.extension)) for kind in callers)
        assert told == tuple(bool(kind.search(f"INVITE sip:{one.extension}@bench.test SIP/2.0")) for kind in called)
        found[told] += 1
    total = sum(found.values())
    assert {kind: count / total for kind, count in found.items()} == {
        (True, False): 0.10,
        (False, True): 0.05,
        (False, False): 0.85,
    }


def test_phones_are_spread_over_everybody() -> None:
    extensions = [int(one.extension) for one in with_phones(CROWD)]
    assert len(set(extensions)) == 1000
    assert extensions[-1] - extensions[0] > CROWD * 0.99


def test_the_file_of_people_is_understood() -> None:
    lines = list(read(file(3).encode()))
    assert all(isinstance(line, Line) for line in lines)
    assert [line.cells["extension"] for line in lines if isinstance(line, Line)] == [
        person(rank).extension for rank in range(3)
    ]


@pytest.mark.parametrize(
    ("traffic", "counts"),
    [(Traffic(100, 0, 0), True), (Traffic(99, 1, 0), False), (Traffic(99, 0, 0), False), (Traffic(100, 0, 6), False)],
)
def test_a_run_with_a_failed_call_is_void(traffic: Traffic, counts: bool) -> None:
    assert traffic.is_clean(100) is counts


def test_targets_say_whether_they_are_met() -> None:
    assert (Target("at most", 1.8, 1.8).met, Target("at most", 1.81, 1.8).met) == (True, False)
    assert (Target("at least", 0.6, 0.6, True).met, Target("at least", 0.59, 0.6, True).met) == (True, False)
    assert str(Spread.of([3, 1, 2])) == "1 · 2 · 3"


def test_the_reference_scripts_list_their_modules() -> None:
    reference = Path(SCENARIOS.parent) / "reference"
    script = (reference / "kamailio.cfg.jinja").read_text()
    told = script.partition("Its modules:")[2].partition(".\n")[0].replace("#", " ").split()
    assert told == re.findall(r'^loadmodule "(\w+)\.so"', script, re.MULTILINE)
    assert "res_pjsip_registrar.so" in (reference / "asterisk" / "modules.conf.jinja").read_text()
