"""A drained node tells its Kamailio that phones are to go elsewhere, as long as there is an elsewhere (ADR 49)."""

from __future__ import annotations

from carillon.provisioning.system import load_nodes
from carillon.siblings import states
from carillon.siblings.shared import tell_moving
from carillon.system.paths import SystemPaths


def tell(paths: SystemPaths) -> None:
    """Say it again; what is not said again is forgotten after ten seconds. Raises `Refused`, RpcFailed."""
    own, siblings = load_nodes(paths)
    up = {one.name for one in states.read(paths.sibling_states) if one.up}
    if siblings:
        tell_moving(
            paths.kamailio_rpc, moving=own.drained and any(one.name in up and not one.drained for one in siblings)
        )
