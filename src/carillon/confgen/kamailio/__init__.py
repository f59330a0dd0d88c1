"""Target kamailio: registrar and proxy. Its file holds modules, parameters and listeners, and no routing."""

from __future__ import annotations

from carillon.confgen.kamailio.target import (
    NAME,
    Context,
    cluster,
    command,
    context,
    environment,
    files,
    home_uri,
    node_profile,
    trusted,
    verify,
)

__all__ = [
    "NAME",
    "Context",
    "cluster",
    "command",
    "context",
    "environment",
    "files",
    "home_uri",
    "node_profile",
    "trusted",
    "verify",
]
