"""Each clause in docs/scenarios.md names tests that exist, or is listed as open."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
DOCUMENT = TESTS.parent / "docs" / "scenarios.md"
ROW = re.compile(r"^\| (\d+)\.(\d+) \| (.+?) \| (.+) \|$")


@cache
def clauses() -> dict[str, str]:
    """What shows each clause, by its number."""
    rows = [found for line in DOCUMENT.read_text().splitlines() if (found := ROW.match(line))]
    numbers = [f"{row[1]}.{row[2]}" for row in rows]
    assert len(set(numbers)) == len(numbers), "a number stands there twice"
    return dict(zip(numbers, (row[4] for row in rows), strict=True))


@cache
def open_clauses() -> set[str]:
    """The clauses that nothing shows yet."""
    listed = DOCUMENT.read_text().partition("\n### Open\n")[2].partition("\n#")[0]
    return set(re.findall(r"^- (\d+\.\d+): \S", listed, re.MULTILINE))


@cache
def existing() -> frozenset[str]:
    """The names of all test functions."""
    trees = (ast.parse(path.read_text()) for path in TESTS.rglob("test_*.py"))
    nodes = (node for tree in trees for node in ast.walk(tree))
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))


@pytest.mark.parametrize(
    "part", ["2", "3", "4", "5", "6", "7", "8", "9", "11", "10", "12", "13", "14", "20", "21", "22", "23"]
)
def test_a_part_has_all_its_numbers(part: str) -> None:
    numbers = [int(number.partition(".")[2]) for number in clauses() if number.startswith(f"{part}.")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers


@pytest.mark.parametrize("number", clauses())
def test_a_clause_is_shown_by_tests_that_exist_or_listed_as_open(number: str) -> None:
    shown = clauses()[number]
    named = re.findall(r"`(test_\w+)`", shown)
    if number in open_clauses():
        assert shown == "open", f"{number} names tests: take it off the list of open ones"
    else:
        assert named, f"{number} names no test and isn't listed as open"
        assert set(named) <= existing(), f"{number} names tests that there are not"


def test_what_is_listed_as_open_is_a_clause() -> None:
    assert open_clauses() <= clauses().keys()


def test_every_test_that_any_document_names_exists() -> None:
    named = {
        name for path in (TESTS.parent / "docs").rglob("*.md") for name in re.findall(r"`(test_\w+)`", path.read_text())
    }
    assert named <= existing()
