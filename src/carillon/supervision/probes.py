"""Is each engine healthy? One question to each, asked the way in which it is used."""

from __future__ import annotations

import functools
import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import redis

import carillon
from carillon.asterisk.agi import ping
from carillon.collector.inbox import settle
from carillon.confgen import rtpengine
from carillon.confgen.asterisk import PREFIX
from carillon.confgen.asterisk.manager import services_port
from carillon.confgen.database.target import place
from carillon.confgen.nameserver.target import PROGRAM as NSD
from carillon.confgen.tls import renewing
from carillon.confgen.tls.certificate import Certificate, read_certificate
from carillon.follower.report import Report
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.provisioning import nodes
from carillon.provisioning.lastnodes import LastNodes
from carillon.provisioning.system import follow_truth
from carillon.satellites import unheard
from carillon.siblings import secretwords
from carillon.siblings import states as siblingstates
from carillon.siblings.clocks import advice
from carillon.siblings.mirror.mirror import PROBLEM
from carillon.stores import nameservice, repairs
from carillon.stores.calendarspans import feeds_of
from carillon.stores.ports import StoreDown
from carillon.stores.secretfiles import ring_of
from carillon.stores.sql.cluster import cluster_state, has_left
from carillon.stores.sql.database import Database
from carillon.stores.sql.engine import open_database, reading
from carillon.supervision import memberstart, rpc
from carillon.supervision.sipprobe import answers_options
from carillon.system import pulse, relay
from carillon.system.paths import SERVICE_USER, SystemPaths
from carillon.trunks.addresses import TABLE, TOLD
from carillon.zones.asking import serial_of
from carillon.zones.text import serial as zone_serial

PATIENCE_S = 3.0
"""Seconds for one answer: a healthy engine needs milliseconds, on a machine under load a little more."""
TRUNKS_LATE_S = 10
CALLS_LATE_S = 10
NAMES_LATE_S = 10
CALENDARS_LATE_S = 10
FOLLOWER_LATE_S = 15
SIBLINGS_LATE_S = 10
WATCHDOG_LATE_S = 5
REPAIRS_S = 86400
"""What was put right is told for a day."""
RECORDINGS_LATE_S = 60
"""A call of an hour takes some seconds to become a file."""


@dataclass(frozen=True, slots=True)
class Health:
    """What an engine answered: its version, and what is wrong with it, empty when nothing.

    A warning is something to do soon; the engine is healthy all the same.
    """

    version: str | None = None
    problem: str = ""
    warning: str = ""


def probe_kamailio(paths: SystemPaths, node: Node) -> Health:
    """Its control process says which version it is; a worker must answer SIP; its certificate must hold."""
    try:
        words = str(rpc.call(paths.kamailio_rpc, "core.version", timeout_s=PATIENCE_S)).split()
    except rpc.RpcFailed as failed:
        return Health(problem=str(failed))
    version = next((word for word in words if word[:1].isdigit()), None)
    answers = (answers_options(address, node.sip_port, address, PATIENCE_S) for address in node.addresses)
    silent = next(filter(None, answers), "")
    ended, ends_soon = certificate_words(certificate_in_force(paths), datetime.now(UTC))
    return Health(version, silent or ended, ends_soon)


def probe_presence(paths: SystemPaths, node: Node) -> Health:
    """Its control process says which version it is, and a worker must answer SIP."""
    try:
        words = str(rpc.call(paths.presence_rpc, "core.version", timeout_s=PATIENCE_S)).split()
    except rpc.RpcFailed as failed:
        return Health(problem=f"{failed}; lamps and presence stand still, calls go on")
    version = next((word for word in words if word[:1].isdigit()), None)
    return Health(version, answers_options(node.signalling[0], node.presence_port, node.signalling[0], PATIENCE_S))


def probe_states(paths: SystemPaths, node: Node) -> Health:
    """It must have gone round a moment ago."""
    age = pulse.age_s(paths.run / "states")
    late = f"it last looked {age:.0f} s ago; lamps and presence stand still" if age > WATCHDOG_LATE_S else ""
    return Health(carillon.__version__, late, repair_words(paths.lamps_repaired_by("states"), time.time()))


def repair_words(file: Path, now: float) -> str:
    """What people should know of lamps that were wrong today; "" for nothing."""
    found = repairs.read(file)
    if not found.count or now - found.at > REPAIRS_S:
        return ""
    at = datetime.fromtimestamp(found.at, UTC).isoformat(timespec="seconds")
    lamps = "1 lamp was" if found.count == 1 else f"{found.count} lamps were"
    return f"{lamps} wrong and put right, last at {at}"


def certificate_in_force(paths: SystemPaths) -> Certificate | None:
    """The certificate that phones are shown now; None when nothing runs, or none can be read."""
    try:
        return read_certificate((paths.run_tls / "certificate.pem").read_text())
    except (OSError, Refused):
        return None


def certificate_words(certificate: Certificate | None, now: datetime) -> tuple[str, str]:
    """The problem of a certificate that has ended, and the warning of one that will soon."""
    if certificate is None:
        return "", ""
    words = certificate.problem(now)
    return (words, "") if certificate.ends <= now else ("", words)


def probe_asterisk(paths: SystemPaths, node: Node) -> Health:
    """It must have booted, and answer SIP to us as it does to Kamailio."""
    text = _asterisk_says(paths, "core show version")
    version = next((line.split()[1] for line in text.splitlines() if line.startswith("Asterisk ")), None)
    if version is None:
        booting = not text or text.startswith("No such command")  # it listens before its own commands are there
        return Health(problem="it hasn't booted" if booting else text)
    silent = (answers_options(address, node.gateway_port, address, PATIENCE_S) for address in node.signalling)
    return Health(version.partition("+")[0], next(filter(None, silent), ""))


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


def probe_rtpengine(paths: SystemPaths, node: Node) -> Health:
    """It must answer a ping on its command port."""
    try:
        pong = relay.pings(rtpengine.control(node))
    except OSError as error:
        return Health(problem=f"no answer to a ping: {error}; encrypted calls fail, others go on")
    return Health(_rtpengine_version(), "" if pong else "it answers a ping with something else")


def probe_redis(paths: SystemPaths, node: Node) -> Health:
    """It must answer a PING."""
    client = redis.Redis(unix_socket_path=str(paths.redis_socket), socket_timeout=PATIENCE_S)
    try:
        client.ping()
        return Health(str(client.info("server")["redis_version"]))
    except redis.RedisError as error:
        return Health(problem=f"no answer to PING: {error}")
    finally:
        client.close()


def probe_collector(paths: SystemPaths, node: Node) -> Health:
    """It must write what it was sent, and answer."""
    if settle(paths.trace_socket, PATIENCE_S):
        return Health(carillon.__version__)
    return Health(problem="it doesn't answer; calls go on without traces")


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
    age = pulse.age_s(paths.run / "names")
    late = f"it last went round {age:.0f} s ago; names from other systems are missing" if age > NAMES_LATE_S else ""
    return Health(carillon.__version__, late)


def probe_calendars(paths: SystemPaths, node: Node) -> Health:
    """It must have gone round a moment ago."""
    age = pulse.age_s(paths.run / "calendars")
    late = f"it last went round {age:.0f} s ago; calendars are not looked at" if age > CALENDARS_LATE_S else ""
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
    age = pulse.age_s(paths.run / "calls")
    late = f"it last went round {age:.0f} s ago; limits and call waiting don't count" if age > CALLS_LATE_S else ""
    return Health(carillon.__version__, late, repair_words(paths.lamps_repaired_by("calls"), time.time()))


def probe_recordings(paths: SystemPaths, node: Node) -> Health:
    """It must have gone round a moment ago, and have room for what was recorded."""
    age = pulse.age_s(paths.run / "recordings")
    late = f"it last looked {age:.0f} s ago; recordings wait in its spool" if age > RECORDINGS_LATE_S else ""
    try:
        return Health(carillon.__version__, late or (paths.run / "recordings" / "problem").read_text())
    except FileNotFoundError:
        return Health(carillon.__version__, late)


def probe_siblings(paths: SystemPaths, node: Node) -> Health:
    """It must have gone round a moment ago; a sibling that is down is a warning."""
    age = pulse.age_s(paths.run / "siblings")
    if age > SIBLINGS_LATE_S:
        return Health(problem=f"it last went round {age:.0f} s ago; this node and the others don't hear of each other")
    siblings = siblingstates.read(paths.sibling_states)
    down = [f"{one.name}: {one.problem}" for one in siblings if not one.up]
    said = *down, advice(siblings, node.name), _secret_words(paths, siblings), _not_copied(paths)
    return Health(carillon.__version__, warning="; ".join(filter(None, said)))


def _not_copied(paths: SystemPaths) -> str:
    """Why voice messages and announcements of other nodes can't be kept here; "" when they can."""
    try:
        return (paths.run / "siblings" / PROBLEM).read_text()
    except OSError:
        return ""


def _secret_words(paths: SystemPaths, siblings: list[siblingstates.SiblingState]) -> str:
    """Who has a former secret still; "" where this user may not know."""
    try:
        return secretwords.advice(siblings, ring_of(paths))
    except (OSError, Refused):
        return ""


def probe_nameserver(paths: SystemPaths, node: Node) -> Health:
    """NSD must answer for every domain, with the zone of now."""
    service = nameservice.read(paths.name_service)
    objection = paths.run / "nameserver" / "problem"
    if objection.exists():
        return Health(problem=f"it refuses the zones, the old ones are served: {objection.read_text()}")
    for address in service.listen:
        for zone in service.zones:
            serial = serial_of(address, service.port, zone.domain, PATIENCE_S)
            if serial is None:
                return Health(problem=f"no answer for {zone.domain} on {address} port {service.port}")
            if serial != zone_serial(zone.serial):
                return Health(problem=f"it still answers version {serial} of {zone.domain}, not {zone.serial}")
    return Health(_nsd_version())


def probe_watchdog(paths: SystemPaths, node: Node) -> Health:
    """It must have gone round a moment ago."""
    age = pulse.age_s(paths.run_watchdog)
    late = f"it last looked {age:.0f} s ago; a component that hangs is not restarted" if age > WATCHDOG_LATE_S else ""
    return Health(carillon.__version__, late)


def probe_database(paths: SystemPaths, node: Node) -> Health:
    """It takes a statement at its socket."""
    database = Database.read(paths.database)
    try:
        with reading(open_database(replace(database, hosts=()))) as connection:
            version = str(connection.exec_driver_sql("SELECT VERSION()").scalar_one())
    except Refused as refused:
        if words := _without_majority(paths, node, database):
            return Health(warning=words)
        return Health(problem=refused.sentence)
    said = filter(None, (_of_cluster(paths, database), _old_certificate(paths)))
    return Health(version.partition("-")[0], warning="; ".join(said))


def _old_certificate(paths: SystemPaths) -> str:
    """What it shows is what lay there when the node was started."""
    shown = renewing.read(paths.run_database)
    if shown is None or shown.ends - datetime.now(UTC) >= renewing.WARN_BEFORE:
        return ""
    return f"shows other nodes a certificate that ends on {shown.ends:%Y-%m-%d}; `carillon down` and `up` renew it"


def _members(paths: SystemPaths) -> int:
    """How many votes there are when everybody is there."""
    last = LastNodes.read(paths.last_nodes)
    if last is None:
        return 0
    return sum(one.member for one in (last.own, *last.siblings)) + len(last.witnesses)


def _of_cluster(paths: SystemPaths, database: Database) -> str:
    state = cluster_state(database)
    return f"{state.size} of {_members(paths)} of its cluster, {state.state}" if state else ""


def _without_majority(paths: SystemPaths, node: Node, database: Database) -> str:
    """What is said of a member that others must come back to: a warning, since calls go on; empty for any other."""
    state, votes = cluster_state(replace(database, hosts=())), _members(paths)
    if state is not None and not state.has_majority:
        return (
            f"only {state.size} of {votes} of its cluster are together here: it takes no change until others are back;"
            " if they are gone for good, `carillon node alone`"
        )
    if has_left(replace(database, hosts=())):
        return (
            "could not write what the others wrote, as on a full disk, and has left their cluster; theirs are asked,"
            " and it comes back by itself when there is room"
        )
    others = [one for one in database.hosts if one != place(node, node.database_port)]
    if state is not None or not node.member or memberstart.begins(paths.own_database, others):
        return ""
    if any(memberstart.answers(one) for one in others):
        return "is sent by the other members what it lacks; meanwhile theirs are asked"
    sequence = memberstart.reached(paths.run_database)
    far = f" (its data reach change {sequence} of the cluster)" if sequence >= 0 else ""
    return f"waits for the other members of its cluster{far}; if they are gone for good, `carillon node alone`"


def probe_follower(paths: SystemPaths, node: Node) -> Health:
    """It looks for changes; a database that is away is a warning, since calls go on."""
    report = Report.read(paths.follower_report)
    if report is None or time.time() - report.looked_at > FOLLOWER_LATE_S:
        return Health(carillon.__version__, "doesn't look for changes of other nodes")
    if report.away_since is None:
        unkept = f"what is in force can't be kept for a start without the database: {report.unkept}"
        if paths.satellite.exists():
            unkept = f"change {report.sequence} is in force, and {report.unkept}"
        words = (unkept if report.unkept else "", satellite_words(paths), kept_words(paths), own_certificate(paths))
        return Health(carillon.__version__, warning="; ".join(filter(None, words)))
    since = datetime.fromtimestamp(report.away_since, UTC).isoformat(timespec="seconds")
    who = f"no main answers since {since}, change {report.sequence} is in force"
    away = who if paths.satellite.exists() else f"the database is away since {since}"
    said = (f"{away}: {report.problem}", kept_words(paths))
    return Health(carillon.__version__, warning="; ".join(filter(None, said)))


def own_certificate(paths: SystemPaths) -> str:
    """What people should know of the certificate by which others know this node; "" for nothing."""
    why = paths.unrenewed.read_text() if paths.unrenewed.exists() else ""
    return renewing.words(paths.cluster, why)


def kept_words(paths: SystemPaths) -> str:
    """How many changes a satellite keeps for mains, and why they can't be handed over; "" for none."""
    from carillon.satellites.kept import Journal  # satellites only

    if not paths.satellite.exists():
        return ""
    try:
        waiting = len(Journal(paths.kept_changes).waiting())
    except StoreDown as down:
        return str(down)
    if not waiting:
        return ""
    words = "1 change waits" if waiting == 1 else f"{waiting} changes wait"
    why = paths.handing_over.read_text() if paths.handing_over.exists() else ""
    return f"{words} to be handed over to a main{f': {why}' if why else ''}"


def satellite_words(paths: SystemPaths) -> str:
    """What people should know of satellites that are silent or behind; "" for nothing."""
    last = LastNodes.read(paths.last_nodes)
    if paths.satellite.exists() or last is None or not any(one.is_satellite for one in last.siblings):
        return ""
    try:
        views = nodes.listing(follow_truth(paths))
    except Refused:
        return ""  # it says so itself
    return "; ".join(f"satellite {one.node.name}: {_of_branch(paths, one)}" for one in views if one.branch_words)


def _of_branch(paths: SystemPaths, view: nodes.NodeView) -> str:
    why = unheard.words(paths.unheard, view.node.address) if view.state is None or not view.state.up else ""
    return f"{view.branch_words}{f': {why}' if why else ''}"


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


@functools.cache
def _nsd_version() -> str:
    """The first line is `NSD version 4.6.1`."""
    done = subprocess.run([NSD, "-v"], capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).partition("\n")[0].rpartition(" ")[2]


@functools.cache
def _rtpengine_version() -> str:
    """`Version: 10.5.3.5-1+deb12u1` without what the distribution adds."""
    done = subprocess.run([str(rtpengine.PROGRAM), "--version"], capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip().rpartition(" ")[2].partition("-")[0]


def _asterisk_says(paths: SystemPaths, command: str) -> str:
    """What Asterisk's console answers; asked as its own user, who alone may."""
    arguments = [str(PREFIX / "bin/asterisk"), "-C", str(paths.run_asterisk / "asterisk.conf"), "-rx", command]
    try:
        done = subprocess.run(
            arguments,
            user=SERVICE_USER,
            group=SERVICE_USER,
            extra_groups=[],
            env={"HOME": str(paths.run_asterisk), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "no answer on its console"
    return (done.stdout or done.stderr).strip()
