"""Whoever calls or is called has something special: the short path leaves him to the rules, or says the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.plain.test_same import same
from tests.plain.ways import Arrival, Ways

from carillon.stores import compiled

SPECIAL: dict[str, tuple[str | int, ...]] = {
    "extension": ("777",),
    "name": ("", 'O\'Brien "50 %" \u00e9\ttab \\'),
    "site": ('["north", "FR", "0", "+33155501234"]',),
    "outside": ("mobile national",),
    "caller_number": ("+3225550101",),
    "withhold": (1,),
    "forwarding": ('[[1, "always", ["103"], [], null, null, null, null, null]]',
                   '[[1, "busy", ["voicemail"], [], null, null, null, null, null]]'),
    "presence": ('[["hand", "away", true, null, "lunch"]]', '[["hand", "vacation", false, null, null]]'),
    "call_waiting": (0,),
    "service": ("group:sales",),
    "pickup": ("all sales  ",),
    "rings": (0,),
    "most_calls": (1,),
}  # fmt: skip
"""For each column of the directory's people, values that not everybody has."""

ROWS = (
    *("INSERT INTO grouplimit VALUES ('example.org', 'sales', 2, '101 102')", "UPDATE domain SET most_calls = 9"),
    *(
        "UPDATE domain SET session_timer_s = 600",
        "UPDATE domain SET digest = 'md5'",
        "UPDATE domain SET digest = 'sha256'",
    ),
    """UPDATE domain SET recording = '[[1, "all", null, null, false]]'""",
    """UPDATE domain SET recording = '[[1, "in", ["102"], null, true]]'""",
    "INSERT INTO ring VALUES ('example.org', 'internal', 'hey', 2, 'urn:x', 1)",
    "INSERT INTO ring VALUES ('example.org', 'internal', 'hey', 2, 'urn:x', 0)",
    "INSERT INTO route VALUES ('example.org', '', 'provider', '', 0)",
    "UPDATE domain SET name = 'example.net'",
    "DELETE FROM party WHERE number = '102'",
    "UPDATE party SET extension = '102', name = 'Bob' WHERE number = '103'",
    "UPDATE account SET ha1_sha256 = 'x'",
    "UPDATE account SET encryption = 1, priority = 0.5",
    "UPDATE domain SET callback_hint = 0",
    """UPDATE domain SET priorities = '[[1, 0.5, "*", "", "", false]]'""",
    """UPDATE domain SET priorities = '[[1, 0.5, "", "udp", "", false]]'""",
    """UPDATE domain SET priorities = '[[1, 0.5, "", "", "bob", true], [2, 0.2, "*", "", "", true]]'""",
    "DELETE FROM account",
)


@contextmanager
def changed(ways: Ways, *statements: str, values: tuple[object, ...] = ()) -> Iterator[None]:
    """The directory as these statements leave it; afterwards as before."""
    with sqlite3.connect(ways.office.place / "directory.db") as directory:
        for statement in statements:
            directory.execute(statement, values)
    directory.close()
    try:
        yield
    finally:
        ways.office.refresh_anew()


@pytest.mark.parametrize("column", compiled.PARTY.split(", "))
@pytest.mark.parametrize("who", ["account", "party"])
def test_each_column(ways: Ways, plain: dict[str, Arrival], who: str, column: str) -> None:
    assert column in SPECIAL, f"{column} is new: say here what a special value is"
    for value in SPECIAL[column]:
        with changed(ways, f"UPDATE {who} SET {column} = ?", values=(value,)):  # noqa: S608 - our own names
            for arrival in plain.values():
                same(ways, arrival)


@pytest.mark.parametrize("statement", ROWS)
def test_each_table(ways: Ways, plain: dict[str, Arrival], statement: str) -> None:
    with changed(ways, statement):
        for arrival in plain.values():
            same(ways, arrival)
