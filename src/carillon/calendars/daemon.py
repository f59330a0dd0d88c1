"""`python -m carillon.calendars.daemon SETTINGS`: looks at people's calendars, and keeps what they say."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from functools import partial
from pathlib import Path

from carillon.calendars import fetching
from carillon.calendars.feeds import Feeds
from carillon.calendars.reading import spans_read
from carillon.stores import calendarsources
from carillon.stores.calendarspans import CalendarSpans
from carillon.stores.ports import StoreDown
from carillon.stores.trunklogins import stamp
from carillon.system.pulse import beat

LOOK_S = 0.5


class Daemon:
    """Follows which calendars there are, and looks at each in its time."""

    def __init__(self, settings: dict[str, str], run: Path) -> None:
        self._sources, self._spans = Path(settings["sources"]), Path(settings["spans"])
        self._pulse = run / "pulse"
        self._seen: object = ()

    async def run(self) -> None:
        """Until a signal ends it; what fails is tried again."""
        async with fetching.client() as by:
            feeds, failing = Feeds(CalendarSpans(self._spans), partial(fetching.get, by), spans_read, time.time), ""
            while True:
                beat(self._pulse)
                try:
                    self._round(feeds)
                    failing = ""
                except StoreDown as down:
                    if str(down) != failing:  # once, not twice a second
                        print(f"calendars: {down}", file=sys.stderr, flush=True)
                        failing = str(down)
                await asyncio.sleep(LOOK_S)

    def _round(self, feeds: Feeds) -> None:
        seen = stamp(self._sources)
        if seen != self._seen:
            feeds.use(calendarsources.read(self._sources))
            self._seen = seen
        feeds.begin()


def main() -> None:
    """Run until told to stop."""
    settings = Path(sys.argv[1])
    asyncio.run(Daemon(json.loads(settings.read_text()), settings.parent).run())


if __name__ == "__main__":
    main()
