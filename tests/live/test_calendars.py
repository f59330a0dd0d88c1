"""Calendars of people, from a real HTTP server: watchers are told, calls are forwarded, trouble is said."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.calendars.ical import calendar, event, meeting
from tests.lab.sockets import inside
from tests.live.company import Company
from tests.live.test_watching import rings_at
from tests.live.waiting import await_that
from tests.live.watching import Watch, activities, note
from tests.names.sources import Source
from tests.worlds.building import NODE

from carillon.provisioning.forwardings import RowTyped

pytestmark = pytest.mark.engines


@pytest.fixture
def server(company: Company) -> Iterator[Source]:
    """A server of calendars beside the system."""
    with inside(company.building.network.namespace(NODE)):
        source = Source()
    with Source.running(source):
        yield source


def follows(company: Company, server: Source) -> None:
    """Bob's calendar is the server's from now on."""
    company.building.adds_calendar(company.domain, "102", f"http://127.0.0.1:{server.server_port}/s3cr3t/bob.ics")


def test_watchers_are_told_when_an_event_begins_and_when_it_ends(company: Company, server: Source) -> None:
    watch = Watch(company.registered("101"), company.uri("102"))
    now = time.time()
    server.says(calendar(meeting(now + 5, now + 10, "SUMMARY:Board")))
    follows(company, server)
    told = watch.until(lambda told: activities(told) == ["busy"])
    assert note(told) == "Board"
    told = watch.until(lambda told: activities(told) == [])
    assert note(told) == ""


def test_calls_are_forwarded_and_explain_says_why(company: Company, server: Source) -> None:
    alice, bob, carol = (company.registered(each) for each in ("101", "102", "103"))
    company.building.forwards(company.domain, "102", RowTyped("always", ("103",), presence="vacation"))
    now = time.time()
    away = ("X-MICROSOFT-CDO-BUSYSTATUS:OOF", "SUMMARY:Doctor", "CLASS:PRIVATE")
    server.says(calendar(meeting(now - 60, now + 3600, *away)))
    watch = Watch(alice, company.uri("102"))
    follows(company, server)
    told = watch.until(lambda told: activities(told) == ["vacation"])
    assert "Doctor" not in told.body
    await_that(lambda: rings_at(alice, bob, carol), "the call goes to Carol")
    explained = company.building.explains_presence(company.domain, "102")
    assert (explained["state"], explained["source"]) == ("vacation", "calendar")
    assert [(row["source"], row["verdict"]) for row in explained["said"]] == [("calendar work", "counts")]
    company.building.is_in_state(company.domain, "102", "default")
    await_that(lambda: not rings_at(alice, bob, carol), "what he says by hand counts first")


def test_a_feed_in_trouble_is_said_and_mended(
    company: Company, server: Source, capfd: pytest.CaptureFixture[str]
) -> None:
    server.says(b"<html>Log in</html>")
    follows(company, server)
    building = company.building
    await_that(lambda: "is no iCalendar" in building.calendar(company.domain, "102")["problem"], "the trouble is said")
    said = company.component("calendars")
    assert said["healthy"]
    assert "work of 102@" in said["problem"]
    told = str(building.calendar(company.domain, "102")) + str(said)
    told += (Path(building.paths.logs) / "calendars.log").read_text()
    assert "s3cr3t" not in told
    assert "is no iCalendar" in told


def test_a_calendar_outlives_a_kill_of_its_daemon(company: Company, server: Source) -> None:
    server.says(calendar(event("DTSTART:20200101T000000Z", "DTEND:20400101T000000Z", "SUMMARY:Long")))
    watch = Watch(company.registered("101"), company.uri("102"))
    follows(company, server)
    watch.until(lambda told: activities(told) == ["busy"])
    server.hangs()
    for component in ("calendars", "states"):
        company.building.stops(component)
        company.building.starts(component)
    later = Watch(company.registered("103"), company.uri("102"))
    assert (activities(later.told[0]), note(later.told[0])) == (["busy"], "Long")
    assert company.building.explains_presence(company.domain, "102")["source"] == "calendar"
