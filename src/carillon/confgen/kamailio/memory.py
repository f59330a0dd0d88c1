"""How much memory Kamailio may use. What it doesn't use, it doesn't take from anybody.

At its start one process reads all registrations at once, before it hears anybody: for 100,000 of them it needs 200 MB
of its own, and 150 MB are shared by all. With less it could not start.
"""

from __future__ import annotations

import psutil

MIB = 1 << 20
SHARED_MIB = 128, 2048
"""At least, and at most; a quarter of the machine's memory between."""
PRIVATE_MIB = 64, 1024
"""The same for each process; an eighth."""


def memory(machine_mib: int | None = None) -> tuple[str, ...]:
    """The arguments that give a Kamailio its memory, on a machine that has so much; None: on this one."""
    has = machine_mib or psutil.virtual_memory().total // MIB
    shared, private = _within(SHARED_MIB, has // 4), _within(PRIVATE_MIB, has // 8)
    # The default allocator walks long lists: tlsf took a fifth off the cost of a call (make bench).
    return "-m", str(shared), "-M", str(private), "-x", "tlsf"


def _within(bounds: tuple[int, int], wanted: int) -> int:
    return max(bounds[0], min(bounds[1], wanted))
