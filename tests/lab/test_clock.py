"""A wrong clock is wrong for those who have it, also after it was set, and nobody waits longer or shorter by it."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
from tests.lab.clock import Clock

pytestmark = [pytest.mark.engines]

WAITS = """
import ctypes, json, sqlite3, sys, time

class Timespec(ctypes.Structure):
    _fields_ = [("s", ctypes.c_long), ("ns", ctypes.c_long)]

libc = ctypes.CDLL(None)

def soon():
    return ctypes.byref(Timespec(int(time.time()) + 1, 0))  # by this clock, a second away at most

waits = {
    "sem_timedwait": lambda: libc.sem_timedwait(ctypes.create_string_buffer(64), soon()),
    "pthread_cond_timedwait": lambda: libc.pthread_cond_timedwait(held[1], held[0], soon()),
    "clock_nanosleep": lambda: libc.clock_nanosleep(0, 1, soon(), None),
}
held = ctypes.create_string_buffer(64), ctypes.create_string_buffer(64)
libc.pthread_mutex_lock(held[0])
for line in sys.stdin:
    took = {}
    for name, waits_for_it in waits.items():
        began = time.monotonic()
        waits_for_it()
        took[name] = time.monotonic() - began
    (inside,) = sqlite3.connect(":memory:").execute("SELECT unixepoch()").fetchone()
    print(json.dumps({"now": time.time(), "sqlite": inside, "took": took}), flush=True)
"""


def test_the_clock_of_a_process_is_wrong_and_set_while_it_runs() -> None:
    with (
        Clock.open(600) as clock,
        subprocess.Popen(
            [sys.executable, "-c", WAITS], env=clock.variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as running,
        running.stdin as asks,  # type: ignore[union-attr]
        running.stdout as says,  # type: ignore[union-attr]
    ):
        for ahead_s in (600, -600, 0):
            clock.is_ahead(ahead_s)
            print("now", file=asks, flush=True)
            told = json.loads(says.readline())
            for shown in (told["now"], told["sqlite"]):
                assert abs(shown - time.time() - ahead_s) < 60
            assert all(0 <= seconds < 60 for seconds in told["took"].values()), told
