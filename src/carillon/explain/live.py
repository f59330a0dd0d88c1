"""What `explain` reads of a system: its directory, its node, and who is registered; also when it is stopped."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from carillon.confgen.kamailio.target import node_profile
from carillon.explain import nodes
from carillon.model.refused import Refused
from carillon.provisioning import devices, trunks, users
from carillon.provisioning.system import load_nodes
from carillon.routing.callback import BUSY_TABLE as BUSY
from carillon.routing.dialogs import TABLE, DialogState, LiveDialog
from carillon.routing.facts import UNKNOWN, NodeProfile, Unknown
from carillon.states.telling import TABLE as STATES
from carillon.stores import heardnames
from carillon.stores.callcounts import RedisCallCounts
from carillon.stores.compiled import presence_of
from carillon.stores.directory import DirectoryReader, refresh
from carillon.stores.noderedis import NodeRedis
from carillon.stores.ports import Account, Limit, Named, StateRow, StoreDown, Target, TrunkProfile
from carillon.stores.secretfiles import ring_of
from carillon.supervision.registered import registered
from carillon.supervision.rpc import RpcFailed, call
from carillon.system.paths import SystemPaths
from carillon.trunks import states


@contextmanager
def directory_of(paths: SystemPaths, truth: Engine) -> Iterator[DirectoryReader]:
    """The directory that the workers read; of a stopped system one made for the occasion."""
    if paths.run_directory.exists():
        yield DirectoryReader(paths.run_directory)
        return
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "directory.db"
        refresh(truth, path, os.geteuid())
        yield DirectoryReader(path)


def profile_of(paths: SystemPaths) -> NodeProfile:
    """What the node's workers know of it."""
    node, siblings = load_nodes(paths)
    return node_profile(node, ring_of(paths).secrets(time.time()), siblings)


def caller_of(
    truth: Engine, directory: DirectoryReader, extension: str | None, trunk: str | None
) -> Account | TrunkProfile:
    """Who calls: a person, by the first device, or a trunk; raises `Refused`."""
    if (extension is None) == (trunk is None):
        raise Refused("from", "say who calls, either --from EXT or --from-trunk NAME.")
    if trunk is not None:
        found = trunks.show(truth, trunk).trunk
        return directory.trunks()[found.domain, found.name]
    try:
        person = users.show(truth, str(extension)).user
    except Refused as refused:
        raise Refused("from", refused.sentence) from refused
    return _account_of(truth, directory, person.extension, person.domain)


def _account_of(truth: Engine, directory: DirectoryReader, extension: str, domain: str) -> Account:
    for device in devices.listing(truth, f"{extension}@{domain}"):
        account = directory.account(domain, device.name)
        if account is not None:
            return account
    raise Refused("from", f"{extension}@{domain} has no device that could call; `carillon device add` makes one.")


def account_of_device(truth: Engine, directory: DirectoryReader, device: str) -> Account:
    """The account of `bob-desk` or `bob-desk@example.org`; raises `Refused`."""
    found = devices.show(truth, device)
    account = directory.account(found.domain, found.name)
    if account is None:
        raise Refused("device", f"{device} isn't in force yet; see `carillon status`.")
    return account


def trunks_down(paths: SystemPaths, domain: str) -> frozenset[str] | Unknown:
    """Which trunks of a domain are down; nobody knows when the system is stopped."""
    known = states.read(paths.trunk_states)
    return states.down(known, domain) if known else UNKNOWN


def targets(paths: SystemPaths, domain: str) -> dict[str, tuple[Target, ...]]:
    """Where the trunks of a domain are reached that have names, as far as the trunk daemon knows."""
    known = states.read(paths.trunk_states)
    return {
        name: tuple(Target(one.uri, one.priority, one.weight) for one in state.targets)
        for (home, name), state in known.items()
        if home == domain and state.targets
    }


def ringing(paths: SystemPaths) -> tuple[LiveDialog, ...]:
    """What rings now at any node, oldest first; nothing when the system is stopped."""
    try:
        dump = call(paths.kamailio_rpc, "htable.dump", TABLE)
    except RpcFailed:
        return ()
    notes = (LiveDialog.parse(str(item["name"]), str(item["value"])) for entry in dump for item in entry["slot"])
    here = (one for one in notes if one.state is DialogState.RINGING)
    return tuple(sorted((*here, *nodes.ringing(paths, time.time())), key=lambda one: one.since))


def found_busy(paths: SystemPaths, aor: str) -> str:
    """Whom somebody found busy last; "" when nobody, or when the system is stopped."""
    try:
        return str(call(paths.kamailio_rpc, "htable.get", BUSY, aor)["item"]["value"])
    except RpcFailed:
        return ""


def as_if_ringing(directory: DirectoryReader, domain: str, extension: str, now: float) -> LiveDialog:
    """A call that rings at somebody since just now; raises `Refused`."""
    party = directory.party(domain, extension)
    if party is None:
        raise Refused("ringing", f"there is nobody with {extension} in {domain}; see `carillon user list`.")
    rings = DialogState.RINGING
    return LiveDialog("explained", party.aor, "", "as if called", rights=party.pickup, state=rings, since=now)


def heard(paths: SystemPaths, domain: str, number: str) -> Named | None:
    """The name that a source outside said of a number, as workers know it; None when the system is stopped."""
    try:
        item = call(paths.kamailio_rpc, "htable.get", heardnames.TABLE, heardnames.key(domain, number))
        return heardnames.read(str(item["item"]["value"]))
    except (RpcFailed, KeyError, TypeError):
        return None


def said(paths: SystemPaths, aor: str) -> tuple[StateRow, ...]:
    """What calls and phones say of a person, as workers know it; nothing when the system is stopped."""
    try:
        return presence_of(str(call(paths.kamailio_rpc, "htable.get", STATES, aor)["item"]["value"]))
    except (RpcFailed, KeyError, TypeError):
        return ()


def calls_now(paths: SystemPaths, limits: Sequence[Limit]) -> Mapping[Limit, int] | Unknown:
    """How many calls there are under these limits; nobody knows when the system is stopped."""
    try:
        return RedisCallCounts(_redis(paths)).counts(limits)
    except StoreDown:
        return UNKNOWN


def _redis(paths: SystemPaths) -> NodeRedis:
    return NodeRedis(paths.redis_socket, lambda table, key: None, lambda table, key, text: None)


def missing(paths: SystemPaths) -> str:
    """What calls go without at this moment, in a sentence; "" when that is nothing, or the system is stopped."""
    redis = _redis(paths)
    try:
        if paths.run_directory.exists():
            redis.ask(redis.redis.ping)
    except StoreDown:
        return "Redis does not answer: limits refuse nobody, and who is refused hears the code without the reason"
    if away := nodes.down(paths):
        return f"Not heard of: {', '.join(away)}; phones there ring only where they are reached without it"
    return ""


def is_registered(paths: SystemPaths, aor: str) -> bool:
    """Whether an AOR has a binding that has not expired, and not only through nodes that are down."""
    extension, _, domain = aor.partition("@")
    return bool(registered(paths, (extension, domain))) and not nodes.left_out(paths, aor)
