"""The daemon that draws lamps, started anew while calls go on."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

from carillon.presence.picture import DialogState, Line, Picture
from carillon.states.daemon import Daemon
from carillon.states.settings import Settings
from carillon.stores.pictures import PictureWriter

BOB, NOW = "102@example.org", 1_800_000_000.0
HERE = Line("k", DialogState.CONFIRMED, False, "101@example.org")
THERE = replace(HERE, id="far", node="node2")


def test_it_goes_on_from_what_lamps_show_until_each_node_was_told_of(tmp_path: Path) -> None:
    """What this node says of its calls puts no light out that is a sibling's."""
    PictureWriter(tmp_path / "pictures").write({BOB: Picture(lines=(HERE, THERE))}, [])
    settings = Settings(**{each.name: tmp_path / each.name for each in fields(Settings)})
    daemon = Daemon(settings)
    assert daemon.book.picture(BOB, NOW)[0].lines == (HERE, THERE)
    assert daemon.book.people_in_calls() == {BOB}
    assert daemon.book.calls({BOB: ()}, NOW) == {BOB}
    assert daemon.book.picture(BOB, NOW)[0].lines == (THERE,)
