"""The shape that every target has, and the list of them."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol, cast

from carillon.confgen.system import System
from carillon.system.paths import SystemPaths


class Target(Protocol):
    """A module with the verbs. All are pure, except that `context` may read the operator's own files."""

    NAME: str

    def context(self, system: System) -> Any:
        """What the files say, as a frozen dataclass."""

    def verify(self, context: Any) -> list[str]:
        """Problems in the operator's words."""

    def files(self, context: Any) -> dict[str, str]:
        """Text of each file, by its path below the target's run directory."""


class Engine(Target, Protocol):
    """A target whose daemon the supervisor starts."""

    def command(self, context: Any) -> list[str]:
        """The arguments that start it in the foreground."""

    def environment(self, context: Any) -> dict[str, str]:
        """What its environment needs besides a search path."""


ENGINES = (
    *("collector", "redis", "rtpengine", "asterisk", "services", "presence", "kamailio"),
    *("recordings", "trunks", "names", "calendars", "calls", "states", "siblings", "nameserver", "watchdog"),
)
"""In the order in which they start; they stop the other way round. Not all need run: a name server is asked for."""

SHARED = ("database", "follower")
"""What runs besides where nodes share the truth: a MariaDB on those that have one of their own."""

WITH_SIBLINGS = frozenset({"siblings"})
"""What runs only on a machine that says which of a system's nodes it is."""


def engines(paths: SystemPaths) -> tuple[str, ...]:
    """The engines of this system."""
    without = frozenset() if paths.node.exists() else WITH_SIBLINGS
    without |= {"asterisk"} if paths.without_asterisk.exists() else set()
    always = tuple(name for name in ENGINES if name not in without)
    if not paths.follows:
        return always
    own = ("database",) if paths.own_database.exists() else ()
    return (*own, *always, "follower")


def targets(paths: SystemPaths) -> tuple[str, ...]:
    """All targets of this system, in the order in which they are checked and put in force."""
    return ("tls", *engines(paths), "supervisor")


def target(name: str) -> Target:
    """The target of this name."""
    return cast(Target, import_module(f"carillon.confgen.{name}"))


def engine(name: str) -> Engine:
    """The engine of this name."""
    return cast(Engine, import_module(f"carillon.confgen.{name}"))
