"""Names that outlive the daemon that heard them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from carillon.stores.keptnames import KeptName, KeptNames
from carillon.stores.namesources import NameSource

CRM = NameSource("example.org", "crm", "http://crm/{number}", "name", 600, 1, "token")
JAN = KeptName("example.org", "+32475123456", "Jan", "crm", 2000.0)


def again(path: Path) -> KeptNames:
    """What the next daemon reads."""
    return KeptNames(path / "names.db")


def test_what_was_heard_is_there_for_the_next_daemon_as_long_as_it_holds(tmp_path: Path) -> None:
    kept = again(tmp_path)
    assert kept.use([CRM])
    kept.keep(JAN, 1000.0)
    assert not again(tmp_path).use([CRM])
    assert list(again(tmp_path).all(1999.0)) == [JAN]
    assert list(again(tmp_path).all(2000.0)) == []


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    again(tmp_path).use([CRM])
    assert (tmp_path / "names.db").stat().st_mode & 0o077 == 0


def test_a_new_token_forgets_nothing_and_another_source_everything(tmp_path: Path) -> None:
    kept = again(tmp_path)
    kept.use([CRM])
    kept.keep(JAN, 1000.0)
    assert not kept.use([replace(CRM, token="new")])
    assert list(kept.all(1000.0)) == [JAN]
    assert kept.use([replace(CRM, path="display")])
    assert list(kept.all(1000.0)) == []


def test_it_is_bounded(tmp_path: Path) -> None:
    kept = KeptNames(tmp_path / "names.db", most=3)
    kept.use([CRM])
    for number in range(5):
        kept.keep(replace(JAN, number=f"+3247512345{number}", until=2000.0 + number), 1000.0)
    assert [one.number[-1] for one in kept.all(1000.0)] == ["2", "3", "4"]
    kept.keep(replace(JAN, number="+32475123459", until=3000.0), 2003.5)
    assert [one.number[-1] for one in kept.all(0.0)] == ["4", "9"]
