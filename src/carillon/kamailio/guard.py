"""One guard around every callback: without it an exception is logged by the engine and the caller hears silence."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from typing import Any

from carillon.kamailio import ksr

Method = Callable[..., int]


def guarded(answer: Callable[[], None]) -> Callable[[Method], Method]:
    """Log what a callback raises, count it, and give `answer` instead of silence."""

    def decorate(method: Method) -> Method:
        @functools.wraps(method)
        def callback(*arguments: Any) -> int:
            try:
                return method(*arguments)
            except Exception as failed:  # noqa: BLE001 -- the last line of defence: every failure must be answered
                where = "".join(traceback.format_exception(failed)[-3:])
                ksr.log("err", f"{method.__name__} failed: {type(failed).__name__}: {failed}\n{where}")
                answer()
                return 1

        return callback

    return decorate


def server_error() -> None:
    """Tell the caller that we failed (RFC 3261 §21.5.1)."""
    ksr.reply(500, "Server Internal Error")


def nothing() -> None:
    """In a reply route nothing needs to be said: the reply goes on."""
