"""Target follower: the daemon that puts in force here what was changed on other nodes."""

from carillon.confgen.daemon import command, environment, files, verify
from carillon.confgen.follower.target import NAME, USER, context

__all__ = ["NAME", "USER", "command", "context", "environment", "files", "verify"]
