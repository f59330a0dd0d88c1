"""Target states: the daemon that merges what is said of people, and has watchers told."""

from carillon.confgen.daemon import command, environment, files, verify
from carillon.confgen.states.target import NAME, context

__all__ = ["NAME", "command", "context", "environment", "files", "verify"]
