"""What `explain` knows of the other nodes: what this node's workers know of them, by shared memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from carillon.confgen.kamailio import home_uri
from carillon.provisioning.system import load_nodes
from carillon.routing.dialogs import LIFETIME_S, DialogState, LiveDialog
from carillon.routing.elsewhere import TABLE, Elsewhere, with_own
from carillon.siblings.shared import TABLE as SIBLINGS
from carillon.stores.registrationjournal import HIDDEN_AT_HOME, Binding
from carillon.stores.talking import talks_at
from carillon.supervision.bound import bound
from carillon.supervision.rpc import RpcFailed, call
from carillon.system.paths import SystemPaths


def calls_at(paths: SystemPaths, aors: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """At which nodes these people have calls; those who have none are not among them."""
    place = paths.registrations_changed.parent
    return {aor: nodes for aor in aors if (nodes := with_own(_nodes(paths, aor), talks_at(place, aor)))}


def ringing(paths: SystemPaths, now: float) -> tuple[LiveDialog, ...]:
    """What rings at other nodes."""
    oldest = now - LIFETIME_S[DialogState.RINGING]
    return tuple(one for one in _dialogs(paths) if one.state is DialogState.RINGING and one.since > oldest)


def down(paths: SystemPaths) -> tuple[str, ...]:
    """The nodes that are known to be down."""
    return tuple(one.name for one in load_nodes(paths)[1] if _is_down(paths, one.name))


def up(paths: SystemPaths) -> frozenset[str]:
    """The nodes that are heard."""
    return frozenset(one.name for one in load_nodes(paths)[1] if _is(paths, one.name, "up"))


def left_out(paths: SystemPaths, aor: str) -> bool:
    """Whether all of somebody's phones have their home at a node that is down, and none is reached without it."""
    homes = {home_uri(one): one.name for one in load_nodes(paths)[1]}
    try:
        phones = bound(paths.kamailio_rpc, aor) if homes else []
    except RpcFailed:
        return False
    return bool(phones) and all(_is_lost(paths, homes, one) for one in phones)


def _is_lost(paths: SystemPaths, homes: dict[str, str], phone: Binding) -> bool:
    home = homes.get(phone.received)
    return home is not None and _is_down(paths, home) and not _is_direct(phone)


def _is_direct(phone: Binding) -> bool:
    by_stream = re.search(r";transport=(?!udp\b)", phone.contact, re.IGNORECASE)
    return not by_stream and not phone.flags >> HIDDEN_AT_HOME & 1


def _is_down(paths: SystemPaths, name: str) -> bool:
    return _is(paths, name, "down")


def _is(paths: SystemPaths, name: str, state: str) -> bool:
    try:
        return str(call(paths.kamailio_rpc, "htable.get", SIBLINGS, name)["item"]["value"]) == state
    except RpcFailed:
        return False


def _nodes(paths: SystemPaths, aor: str) -> tuple[str, ...]:
    try:
        return Elsewhere.parse(str(call(paths.kamailio_rpc, "htable.get", TABLE, aor)["item"]["value"])).nodes
    except RpcFailed:
        return ()


def _dialogs(paths: SystemPaths) -> Iterator[LiveDialog]:
    try:
        dump = call(paths.kamailio_rpc, "htable.dump", TABLE)
    except RpcFailed:
        return
    for entry in dump:
        for item in entry["slot"]:
            yield from Elsewhere.parse(str(item["value"])).dialogs
