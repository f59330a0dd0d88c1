"""How are other nodes, by what the daemons say that speak to them: the follower, and `siblings`."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import carillon
from carillon.confgen.tls import renewing
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
from carillon.stores.ports import StoreDown
from carillon.stores.secretfiles import ring_of
from carillon.supervision.probes.health import Health
from carillon.system import pulse
from carillon.system.paths import SystemPaths

FOLLOWER_LATE_S = 15
SIBLINGS_LATE_S = 10


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
