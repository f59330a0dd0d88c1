"""Calendars in the truth: their addresses stay secret, and they go with their people."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine

from carillon.model.calendar import location_shown, location_typed, meanings_typed
from carillon.model.refused import Refused
from carillon.provisioning import calendars, changes, sites, users
from carillon.provisioning.calendars import Typed
from carillon.provisioning.trunkkey import TrunkKey
from carillon.stores import calendarsources

SECRET = "https://bob:pw@calendar.example.net:8443/ical/s3cr3t/basic.ics?key=s3cr3t"
WHO = "admin"


@pytest.fixture
def key(tmp_path: Path) -> TrunkKey:
    """What seals addresses."""
    return TrunkKey(tmp_path / "trunk.key")


@pytest.fixture
def bob(truth: Engine) -> Engine:
    """A truth with Bob in it."""
    users.add(truth, WHO, "102", "Bob", "bob@example.org")
    return truth


def add(truth: Engine, key: TrunkKey, location: str = SECRET, name: str = "work") -> None:
    calendars.add(truth, WHO, "102", name, Typed(location), key)


def test_the_secret_in_an_address_is_nowhere_to_be_read(bob: Engine, key: TrunkKey, tmp_path: Path) -> None:
    add(bob, key)
    calendars.set(bob, WHO, "102", "work", Typed(SECRET.replace("basic", "other")), key)
    shown = str(calendars.show(bob, "102", "work")) + str(changes.listing(bob)) + str(calendars.sources(bob))
    kept = "".join(path.read_bytes().decode("latin-1") for path in tmp_path.iterdir() if path.is_file())
    assert "s3cr3t" not in shown + kept
    assert calendars.show(bob, "102", "work").shown == "https://calendar.example.net:8443/…"


def test_the_daemon_reads_it_with_the_persons_zone_and_address(bob: Engine, key: TrunkKey, tmp_path: Path) -> None:
    sites.set(bob, WHO, "main", country="GB")
    calendars.add(bob, WHO, "102", "work", Typed(SECRET, 15, ["out=away"], notes=False), key)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "trunk.key").write_bytes(key.path.read_bytes())
    file = tmp_path / "run" / "calendars.json"
    calendarsources.write(file, calendars.sources(bob), -1)
    (read,) = calendarsources.read(file)
    assert (read.location, read.zone, read.email) == (SECRET, "Europe/London", "bob@example.org")
    assert (read.every_s, read.meanings, read.notes) == (900, (("out", "away"),), False)


def test_it_goes_with_its_person(bob: Engine, key: TrunkKey) -> None:
    add(bob, key)
    users.remove(bob, WHO, "102")
    assert calendars.listing(bob) == []


def test_what_is_refused(bob: Engine, key: TrunkKey) -> None:
    add(bob, key)
    for location, typed, word in (
        ("bob.ics", (), "absolute"),
        ("ftp://example.net/bob.ics", (), "neither http"),
        ("https:///bob.ics", (), "neither http"),
        ("https://[", (), "no URL"),
        ("/srv/bob.ics", ("free=away",), "isn't known"),
        ("/srv/bob.ics", ("out=asleep",), "isn't known"),
        ("/srv/bob.ics", ("out",), "says nothing"),
        ("/srv/bob.ics", ("category:=away",), "needs its name"),
    ):
        with pytest.raises(Refused, match=word):
            calendars.add(bob, WHO, "102", "other", Typed(location, means=typed), key)
    for name, word in (("work", "already"), ("my work", "name")):
        with pytest.raises(Refused, match=word):
            add(bob, key, name=name)
    with pytest.raises(Refused, match="no calendar"):
        calendars.remove(bob, WHO, "102", "other")
    with pytest.raises(Refused, match="minutes"):
        calendars.set(bob, WHO, "102", "work", Typed(every_minutes=0), key)


def test_addresses_as_people_copy_them() -> None:
    assert location_typed(" webcal://p42.example.net/x#top ") == "https://p42.example.net/x"
    assert location_shown("/srv/bob.ics") == "/srv/bob.ics"
    assert meanings_typed(["out=away", "category:A=B=busy", "out=busy"]) == (("category:A=B", "busy"), ("out", "busy"))


def test_a_settings_file_that_is_none_names_no_calendar(tmp_path: Path) -> None:
    file = tmp_path / "calendars.json"
    assert calendarsources.read(file) == ()
    for text in ("{", "[1]", json.dumps([{"domain": "x"}])):
        file.write_text(text)
        assert calendarsources.read(file) == ()
