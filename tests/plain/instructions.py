"""How many different instructions of Python a call of a function runs through: what a message costs with cold caches.

It depends on no clock and on no other work of the machine (docs/adr/0012). Each instruction of each function counts
once, however often it runs.
"""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any


class Instructions:
    """Counts those of the product, and of the libraries that it calls; not those of tests and what these call."""

    def __init__(self) -> None:
        self.seen: set[tuple[CodeType, int]] = set()

    def of(self, act: Callable[[], Any]) -> int:
        """Run `act`; how many."""
        self.seen.clear()
        before = sys.gettrace()
        gc.disable()  # a collection runs what libraries hang on it, whenever it comes
        sys.settrace(self._entered)
        try:
            act()
        finally:
            sys.settrace(before)
            gc.enable()
        return len(self.seen)

    def by_function(self) -> Counter[str]:
        """Where they were."""
        return Counter(f"{code.co_filename.rpartition('/carillon/')[2]}:{code.co_qualname}" for code, _ in self.seen)

    def _entered(self, frame: FrameType, event: str, value: object) -> Any:
        if _is_of_tests(frame):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._stepped

    def _stepped(self, frame: FrameType, event: str, value: object) -> Any:
        if event == "opcode":
            self.seen.add((frame.f_code, frame.f_lasti))
        return self._stepped


def _is_of_tests(frame: FrameType | None) -> bool:
    while frame is not None and "/carillon/" not in (name := frame.f_code.co_filename):
        if "/tests/" in name or name.endswith("mock.py"):
            return True
        frame = frame.f_back
    return False
