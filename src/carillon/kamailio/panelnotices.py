"""NOTIFYs of panels, as they leave the presence server (RFC 4662)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from carillon.kamailio import ksr
from carillon.model.panel import OPTION
from carillon.presence import panel
from carillon.presence.panel import Notice
from carillon.stores.pictures import PictureReader

REQUIRE: Final = ("Require", OPTION)
"""In our answers and NOTIFYs (RFC 4662 §4.3, §4.5)."""


class PanelNotices:
    """Writes their bodies. `tell` has the daemon `states` hear of who had no room."""

    def __init__(self, pictures: PictureReader, tell: Callable[[dict[str, Any]], None]) -> None:
        self._pictures, self._tell = pictures, tell
        self._answers = False

    @contextmanager
    def answered(self) -> Iterator[None]:
        """While a SUBSCRIBE is answered: what is told at its end is everything (RFC 6665 §4.2.1.2)."""
        ksr.append_to_reply(*REQUIRE)
        self._answers = True
        try:
            yield
        finally:
            self._answers = False

    def describe(self, aor: str, event: str, watcher: str) -> None:
        """Write the body of the NOTIFY that is about to leave. Raises StoreDown."""
        members, changed = self._pictures.panel(aor, event)
        if not (members or self._answers) and self._pictures.has_gone(aor, event):
            ksr.end_subscription("noresource")  # it shows nobody, and phones don't refresh it (RFC 6665 §4.2.2)
        sequence, boundary = ksr.number("$cs"), secrets.token_hex(12)
        notice = Notice(aor, event, watcher, sequence, boundary, None if self._answers else changed)
        told = panel.write(notice, members, self._pictures.picture)
        ksr.append_header(*REQUIRE)
        ksr.set_body(told.body, told.kind)
        if told.later:
            self._tell({"panel": aor, "event": event, "members": told.later})
