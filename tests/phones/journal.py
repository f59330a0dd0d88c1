"""What a phone said, in order; tests wait on it instead of sleeping."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

Event = dict[str, Any]
_HIDDEN = {"event", "at", "text"}


class Journal:
    """The events of one phone, written by its reader thread."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._events: list[Event] = []
        self._news = threading.Condition()
        self._closed: str | None = None

    def add(self, event: Event) -> None:
        """Write an event and wake who waits."""
        with self._news:
            self._events.append(event)
            self._news.notify_all()

    def close(self, why: str) -> None:
        """Say that nothing more will come, and why: who waits gets a TimeoutError at once."""
        with self._news:
            self._closed = why
            self._news.notify_all()

    @property
    def length(self) -> int:
        """How many events there are: a mark for `wait(since=...)`."""
        return len(self._events)

    def matching(self, **fields: Any) -> list[Event]:
        """List the events whose fields have these values."""
        return [event for event in list(self._events) if _fits(event, fields)]

    def wait(self, timeout: float, since: int = 0, **fields: Any) -> Event:
        """Give the first event since a mark whose fields have these values; raises TimeoutError (seconds)."""
        what = " ".join(f"{name}={value}" for name, value in fields.items())

        def first() -> Event | None:
            return next((event for event in self._events[since:] if _fits(event, fields)), None)

        return self.until(first, timeout, what)

    def until(self, found: Callable[[], Event | None], timeout: float, what: str) -> Event:
        """Give what `found` gives once it gives something; raises TimeoutError after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        with self._news:
            while True:
                event = found()
                if event is not None:
                    return event
                left = deadline - time.monotonic()
                if self._closed is not None or left <= 0:
                    raise TimeoutError(self._complaint(what, timeout))
                self._news.wait(left)

    def _complaint(self, what: str, timeout: float) -> str:
        why = f"it is gone: {self._closed}" if self._closed is not None else f"not within {timeout:g} s"
        begin = self._events[0]["at"] if self._events else 0.0
        lines = [f"  +{event['at'] - begin:7.3f} {_readable(event)}" for event in self._events]
        return "\n".join([f"{self._name} waited for {what}: {why}. It saw:", *lines])


def _fits(event: Event, fields: dict[str, Any]) -> bool:
    return all(event.get(name) == value for name, value in fields.items())


def _readable(event: Event) -> str:
    words = [f"{name}={value}" for name, value in event.items() if name not in _HIDDEN and value not in ("", None)]
    first_line = str(event.get("text", "")).split("\r\n", 1)[0]
    return " ".join([event["event"], *words, first_line]).strip()
