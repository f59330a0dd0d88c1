"""Is each daemon of ours at work? Most have gone round a moment ago; some answer."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import carillon
from carillon.asterisk.agi import ping
from carillon.collector.inbox import settle
from carillon.confgen.asterisk.manager import services_port
from carillon.model.node import Node
from carillon.stores import repairs
from carillon.stores.calendarspans import feeds_of
from carillon.stores.ports import StoreDown
from carillon.supervision import rpc
from carillon.supervision.probes.health import PATIENCE_S, Health
from carillon.system import pulse
from carillon.system.paths import SystemPaths
from carillon.trunks.addresses import TABLE, TOLD

TRUNKS_LATE_S = 10
CALLS_LATE_S = 10
NAMES_LATE_S = 10
CALENDARS_LATE_S = 10
WATCHDOG_LATE_S = 5
REPAIRS_S = 86400
"""What was put right is told for a day."""
RECORDINGS_LATE_S = 60
"""A call of an hour takes some seconds to become a file."""


def probe_collector(paths: SystemPaths, node: Node) -> Health:
    """It must write what it was sent, and answer."""
    if settle(paths.trace_socket, PATIENCE_S):
        return Health(carillon.__version__)
    return Health(problem="it doesn't answer; calls go on without traces")


def probe_services(paths: SystemPaths, node: Node) -> Health:
    """They must answer where Asterisk asks."""
    if ping.answers(node.gateway_address, services_port(node), PATIENCE_S):
        return Health(carillon.__version__, warning=mail_words(paths.services_mail))
    return Health(problem="no answer to a ping; feature codes, groups, voicemail and announcements fail, calls go on")


def mail_words(told: Path) -> str:
    """What people should know of voice messages that could not be mailed yet, "" for nothing."""
    try:
        mail = json.loads(told.read_text())
    except (OSError, ValueError):
        return ""
    if not mail["waiting"]:
        return ""
    since = datetime.fromtimestamp(mail["since"], UTC).isoformat(timespec="seconds")
    return f"{mail['waiting']} voice messages wait to be mailed, since {since}: {mail['error']}"


def probe_trunks(paths: SystemPaths, node: Node) -> Health:
    """It must have told Kamailio the trunks' addresses a moment ago."""
    try:
        told = rpc.call(paths.kamailio_rpc, "htable.get", TABLE, TOLD, timeout_s=PATIENCE_S)
        age = time.time() - int(told["item"]["value"])
    except (rpc.RpcFailed, KeyError, TypeError, ValueError):
        return Health(problem="it has not told Kamailio the trunks' addresses; calls by trunks may be refused")
    late = f"it last spoke to Kamailio {age:.0f} s ago" if age > TRUNKS_LATE_S else ""
    return Health(carillon.__version__, late)


def probe_names(paths: SystemPaths, node: Node) -> Health:
    """It must have gone round a moment ago."""
    late = _late(paths.run / "names", NAMES_LATE_S, "last went round", "names from other systems are missing")
    return Health(carillon.__version__, late)


def probe_calendars(paths: SystemPaths, node: Node) -> Health:
    """It must have gone round a moment ago."""
    late = _late(paths.run / "calendars", CALENDARS_LATE_S, "last went round", "calendars are not looked at")
    return Health(carillon.__version__, late, calendar_words(paths.calendar_spans))


def calendar_words(spans: Path) -> str:
    """What people should know of calendars that can't be read, "" for nothing."""
    try:
        bad = [feed for feed in feeds_of(spans).values() if feed.problem]
    except StoreDown as down:
        return str(down)
    if not bad:
        return ""
    first = min(bad, key=lambda feed: feed.since)
    others = f"; and {len(bad) - 1} more, see `carillon calendar list`" if len(bad) > 1 else ""
    return f"the calendar {first.name} of {first.extension}@{first.domain} {first.problem}{others}"


def probe_calls(paths: SystemPaths, node: Node) -> Health:
    """It must have gone round a moment ago."""
    late = _late(paths.run / "calls", CALLS_LATE_S, "last went round", "limits and call waiting don't count")
    return Health(carillon.__version__, late, repair_words(paths.lamps_repaired_by("calls"), time.time()))


def probe_states(paths: SystemPaths, node: Node) -> Health:
    """It must have gone round a moment ago."""
    late = _late(paths.run / "states", WATCHDOG_LATE_S, "last looked", "lamps and presence stand still")
    return Health(carillon.__version__, late, repair_words(paths.lamps_repaired_by("states"), time.time()))


def repair_words(file: Path, now: float) -> str:
    """What people should know of lamps that were wrong today; "" for nothing."""
    found = repairs.read(file)
    if not found.count or now - found.at > REPAIRS_S:
        return ""
    at = datetime.fromtimestamp(found.at, UTC).isoformat(timespec="seconds")
    lamps = "1 lamp was" if found.count == 1 else f"{found.count} lamps were"
    return f"{lamps} wrong and put right, last at {at}"


def probe_recordings(paths: SystemPaths, node: Node) -> Health:
    """It must have gone round a moment ago, and have room for what was recorded."""
    late = _late(paths.run / "recordings", RECORDINGS_LATE_S, "last looked", "recordings wait in its spool")
    try:
        return Health(carillon.__version__, late or (paths.run / "recordings" / "problem").read_text())
    except FileNotFoundError:
        return Health(carillon.__version__, late)


def probe_watchdog(paths: SystemPaths, node: Node) -> Health:
    """It must have gone round a moment ago."""
    late = _late(paths.run_watchdog, WATCHDOG_LATE_S, "last looked", "a component that hangs is not restarted")
    return Health(carillon.__version__, late)


def _late(beats: Path, most_s: float, did: str, loss: str) -> str:
    """What is wrong with a daemon whose last beat is older than that: "" for one at work."""
    age = pulse.age_s(beats)
    return f"it {did} {age:.0f} s ago; {loss}" if age > most_s else ""
