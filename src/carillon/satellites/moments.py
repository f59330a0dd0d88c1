"""When something happened, for whoever can't believe this machine's clock.

A satellite that is cut off may have a wrong clock, and somebody may set it right meanwhile. The clock that counts from
the start of the machine (CLOCK_BOOTTIME) is never set: within one run of the machine, what passed is known by it alone.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from carillon.system import whole

_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Moment:
    """By this machine: Unix seconds, seconds since it started, and which start that was."""

    wall: float
    running: float
    boot: str

    @classmethod
    def now(cls) -> Moment:
        """This one."""
        return cls(time.time(), time.clock_gettime(time.CLOCK_BOOTTIME), _BOOT.read_text().strip())

    def age_at(self, later: Moment) -> float | None:
        """Seconds from this moment to a later one; None when the machine was started anew between them."""
        return max(0.0, later.running - self.running) if later.boot == self.boot else None


@dataclass(frozen=True, slots=True)
class Anchor:
    """What the clock of the mains showed, in Unix seconds, at a moment of ours."""

    mains: float
    here: Moment

    def by_mains(self, moment: Moment) -> float:
        """What the mains' clock showed at a moment after that: never earlier than when they were heard."""
        passed = self.here.age_at(moment)
        return self.mains + max(0.0, moment.wall - self.here.wall if passed is None else passed)

    def write(self, file: Path) -> None:
        """Keep it. Raises OSError."""
        whole.write(file, json.dumps(asdict(self)), mode=0o600)

    @classmethod
    def read(cls, file: Path) -> Anchor | None:
        """The last one; None when there is none that is understood."""
        try:
            said: dict[str, Any] = json.loads(file.read_text())
            return cls(float(said["mains"]), Moment(**said["here"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None
