"""The certificate by which the others know this node: renewed by itself long before it ends, and put in force."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import UTC, datetime

from carillon.confgen.apply import put_target
from carillon.confgen.tls.authority import AUTHORITY, AUTHORITY_KEY, CERTIFICATE, KEY, issue, keep, renew_authority
from carillon.confgen.tls.renewing import is_authority_due, is_due, read
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.provisioning.system import load_nodes
from carillon.satellites import certifying
from carillon.supervision import joinkeys, owndatabase, rpc
from carillon.supervision.certificate import CERTIFICATE as SHOWN
from carillon.supervision.certificate import KEY as SHOWN_KEY
from carillon.system import whole
from carillon.system.paths import SystemPaths

LOOK_S = 15.0
PATIENCE_S = 3.0


def look(paths: SystemPaths) -> bool:
    """Renew what is due, and put it in force; whether anything was. Why it couldn't be is noted for `status`."""
    node, now = load_nodes(paths)[0], datetime.now(UTC)
    if not (paths.cluster / CERTIFICATE).exists() or joinkeys.waiting(paths):  # a key names the one of now
        return False
    try:
        renewed = _renew(paths, node, now)
    except (Refused, OSError) as failed:
        note(paths, failed.sentence.rstrip(".") if isinstance(failed, Refused) else str(failed))
        return False
    note(paths, "")
    return renewed


def _renew(paths: SystemPaths, node: Node, now: datetime) -> bool:
    signs = (paths.cluster / AUTHORITY_KEY).exists()
    authority = signs and is_authority_due(paths.cluster, now)
    if authority:
        renew_authority(paths.cluster)
    if not authority and not is_due(paths.cluster, node, now):
        return False
    keep(paths.cluster, issue(paths.cluster, node) if signs else certifying.asks(paths, node))
    put_in_force(paths)
    if known := read(paths.cluster):
        print(f"follower: this node's certificate is renewed until {known.ends:%Y-%m-%d}", file=sys.stderr, flush=True)
    return True


def put_in_force(paths: SystemPaths) -> None:
    """What lies in the directory is shown to the next connection; those that are up stay. Nothing when nothing runs."""
    if not (paths.run_tls / CERTIFICATE).exists():
        return
    kept = {name: (paths.cluster / name).read_text() for name in (AUTHORITY, CERTIFICATE, KEY)}
    shown = {name: (paths.run_tls / name).read_text() for name in (SHOWN, SHOWN_KEY)}
    put_target(paths, "tls", {**shown, **kept})
    with suppress(rpc.RpcFailed):  # it is down, and reads it when it starts
        rpc.call(paths.kamailio_rpc, "tls.reload", timeout_s=PATIENCE_S)
    with suppress(Refused):  # the same
        owndatabase.renew_certificate(paths)


def note(paths: SystemPaths, words: str) -> None:
    """Say for `status` why it isn't renewed; "" when nothing is wrong."""
    with suppress(OSError):
        if words:
            whole.write(paths.unrenewed, words)
        else:
            paths.unrenewed.unlink(missing_ok=True)
