"""Each component's probe, by its name."""

from __future__ import annotations

from collections.abc import Callable

from carillon.model.node import Node
from carillon.supervision.probes.daemons import (
    probe_calendars,
    probe_calls,
    probe_collector,
    probe_names,
    probe_recordings,
    probe_services,
    probe_states,
    probe_trunks,
    probe_watchdog,
)
from carillon.supervision.probes.database import probe_database
from carillon.supervision.probes.engines import (
    probe_asterisk,
    probe_kamailio,
    probe_presence,
    probe_redis,
    probe_rtpengine,
)
from carillon.supervision.probes.health import Health
from carillon.supervision.probes.nameserver import probe_nameserver
from carillon.supervision.probes.others import probe_follower, probe_siblings
from carillon.system.paths import SystemPaths

PROBES: dict[str, Callable[[SystemPaths, Node], Health]] = {
    "collector": probe_collector,
    "redis": probe_redis,
    "rtpengine": probe_rtpengine,
    "asterisk": probe_asterisk,
    "services": probe_services,
    "presence": probe_presence,
    "kamailio": probe_kamailio,
    "recordings": probe_recordings,
    "trunks": probe_trunks,
    "names": probe_names,
    "calendars": probe_calendars,
    "calls": probe_calls,
    "states": probe_states,
    "siblings": probe_siblings,
    "nameserver": probe_nameserver,
    "watchdog": probe_watchdog,
    "database": probe_database,
    "follower": probe_follower,
}
