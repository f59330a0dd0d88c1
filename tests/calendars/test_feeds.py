"""Looking at calendars: real HTTP servers and files, good and bad ones; what is kept meanwhile, and how long."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.calendars.ical import calendar, meeting
from tests.names.sources import Asked, Source

from carillon.calendars import fetching, reading
from carillon.calendars.feeds import COUNTED_S, KEPT_S, SELDOMEST_S, Feeds
from carillon.calendars.reading import MOST_BYTES, spans_read
from carillon.stores.calendarsources import CalendarSource
from carillon.stores.calendarspans import CalendarSpans, Feed, feeds_of, spans_of

KEY = ("example.org", "102", "work")


@pytest.fixture
def server() -> Iterator[Source]:
    """A server of calendars."""
    with Source.open() as source:
        yield source


class Desk:
    """One calendar that is looked at; the clock stands until it is set."""

    def __init__(self, place: Path, location: str) -> None:
        self.place, self.now = place, time.time()
        self.source = CalendarSource(*KEY, 300, "Europe/Brussels", "", (), True, location)

    def looks(self) -> Feed:
        """Look once, as a daemon that has just been started does."""

        async def look() -> None:
            async with fetching.client() as by:
                feeds = Feeds(CalendarSpans(self.place), partial(fetching.get, by), spans_read, lambda: self.now)
                feeds.use([self.source])
                feeds.begin()
                await asyncio.gather(*feeds.running.values())

        asyncio.run(look())
        return feeds_of(self.place)[KEY]

    @property
    def notes(self) -> list[str | None]:
        """What its events are called."""
        return [each.note for each in spans_of(self.place, "example.org", "102")]

    def agenda(self, *names: str) -> bytes:
        """A calendar with one meeting for each name."""
        hours = enumerate(names, 1)
        return calendar(
            *(meeting(self.now + n * 3600, self.now + n * 3600 + 60, f"SUMMARY:{name}", uid=name) for n, name in hours)
        )


@pytest.fixture
def desk(tmp_path: Path, server: Source) -> Desk:
    """A calendar at the server."""
    return Desk(tmp_path / "calendars.db", f"http://127.0.0.1:{server.server_port}/secret/bob.ics")


def test_a_calendar_is_read_and_its_events_change_with_it(desk: Desk, server: Source) -> None:
    server.says(desk.agenda("Board", "Lunch"))
    assert desk.looks().problem == ""
    assert desk.notes == ["Board", "Lunch"]
    server.says(desk.agenda("Board"))
    desk.now += 300
    desk.looks()
    assert desk.notes == ["Board"]


def test_it_is_not_looked_at_before_its_time(desk: Desk, server: Source) -> None:
    server.says(desk.agenda("Board"))
    desk.looks()
    desk.now += 299
    desk.looks()
    assert len(server.asked) == 1


def test_what_has_not_changed_is_not_sent_again_but_counted_anew_twice_a_day(desk: Desk, server: Source) -> None:
    tags: list[str | None] = []

    def answer(asked: Asked) -> None:
        tags.append(asked.headers.get("If-None-Match"))
        known = tags[-1] == '"1"'
        asked.says(b"" if known else desk.agenda("Board"), 304 if known else 200, ("ETag", '"1"'))

    server.answer = answer
    desk.looks()
    desk.now += 300
    assert desk.looks().read_at == desk.now
    desk.now += COUNTED_S
    desk.looks()
    assert tags == [None, '"1"', None]
    assert desk.notes == ["Board"]


def _hangs(server: Source) -> None:
    server.hangs()


def _drips(server: Source) -> None:
    """Endless, slowly."""

    def answer(asked: Asked) -> None:
        asked.send_response(200)
        asked.end_headers()
        while not server.freed.wait(0.01):
            asked.wfile.write(b"X")

    server.answer = answer


def _floods(server: Source) -> None:
    """Endless, as fast as it can."""

    def answer(asked: Asked) -> None:
        asked.send_response(200)
        asked.end_headers()
        while not server.freed.is_set():
            asked.wfile.write(b"X" * 65536)

    server.answer = answer


def _is_gone(server: Source) -> None:
    """Its thread first: while that waits, the kernel goes on to take connections."""
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (_hangs, "is not there within 0.5 s"),
        (_drips, "is not there within 0.5 s"),
        (_floods, "is longer than 8 MB"),
        (lambda server: server.says(b"<html>Log in</html>"), "is no iCalendar"),
        (lambda server: server.says(b"oh", 500), "is answered with 500"),
        (lambda server: server.says(b"", 404), "is answered with 404"),
        (lambda server: server.says(b"", 302, ("Location", "/again")), "is sent on more than 3 times"),
        (lambda server: server.says(b"", 302, ("Location", "file:///etc/passwd")), "is sent on to where"),
        (_is_gone, "can't be reached"),
    ],
)
def test_in_trouble_it_says_which_and_keeps_what_it_said(
    desk: Desk,
    server: Source,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    trouble: Callable[[Source], None],
    said: str,
) -> None:
    server.says(desk.agenda("Board"))
    desk.looks()
    if said.startswith("is not there"):
        monkeypatch.setattr(fetching, "DEADLINE_S", 0.5)
    trouble(server)
    desk.now += 300
    feed = desk.looks()
    assert feed.problem.startswith(said)
    assert (feed.since, desk.notes) == (desk.now, ["Board"])
    assert "secret" not in capfd.readouterr().err + feed.problem


def test_one_that_fails_is_looked_at_more_and_more_seldom(desk: Desk, server: Source) -> None:
    server.says(b"", 500)
    desk.looks()
    desk.now += 300
    desk.looks()
    assert len(server.asked) == 1
    desk.now += 300
    assert desk.looks().in_a_row == 2
    for _ in range(10):
        desk.now += SELDOMEST_S
        desk.looks()
    assert len(server.asked) == 12


def test_what_it_said_is_forgotten_a_week_after_it_was_last_read(desk: Desk, server: Source) -> None:
    later = desk.now + KEPT_S + 3600
    server.says(calendar(meeting(later, later + 60, "SUMMARY:Board")))
    desk.looks()
    server.says(b"", 500)
    desk.now += KEPT_S
    desk.looks()
    assert desk.notes == ["Board"]
    desk.now += 60
    desk.looks()
    assert desk.notes == []


def test_another_address_forgets_what_the_former_one_said(desk: Desk, server: Source, tmp_path: Path) -> None:
    server.says(desk.agenda("Board"))
    desk.looks()
    desk.source = CalendarSource(*KEY, 300, "Europe/Brussels", "", (), True, str(tmp_path / "none.ics"))
    assert desk.looks().problem == "can't be read by the daemons' user: No such file or directory"
    assert desk.notes == []


def test_a_file_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    file = tmp_path / "bob.ics"
    desk = Desk(tmp_path / "calendars.db", str(file))
    file.write_bytes(desk.agenda("Board"))
    desk.looks()
    file.write_bytes(desk.agenda("Board", "Lunch"))
    desk.now += 300
    desk.looks()
    assert desk.notes == ["Board", "Lunch"]


def test_a_file_of_50_mb_a_pipe_and_a_directory(tmp_path: Path) -> None:
    long, pipe = tmp_path / "long.ics", tmp_path / "pipe.ics"
    with long.open("wb") as file:
        file.truncate(50_000_000)
    os.mkfifo(pipe)
    said = {
        place: Desk(tmp_path / f"{n}.db", str(place)).looks().problem for n, place in enumerate((long, pipe, tmp_path))
    }
    assert said == {
        long: "is longer than 8 MB",
        pipe: "is no file",
        tmp_path: "can't be read by the daemons' user: Is a directory",
    }


def test_one_that_takes_too_long_to_read_ends_with_its_process(
    desk: Desk, server: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    hard = "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"
    server.says(calendar(*(meeting(0, 60, hard, uid=str(n)) for n in range(MOST_BYTES // 400))))
    monkeypatch.setattr(reading, "PATIENCE_S", 1.0)
    assert desk.looks().problem == "takes too long to read, or too much memory"
