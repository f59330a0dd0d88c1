"""Asking trunks by OPTIONS whether they work: Kamailio's `dispatcher` does it, over the way that calls take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from carillon.stores.ports import TrunkProfile
from carillon.trunks.lookups import Known
from carillon.trunks.states import Health, Key

GROUP = 1
NOT_YET = 10
"""Flags of a new destination: asked, and not known yet."""

NONE_AT_ALL = "No Destination Sets"


def bracketed(host: str) -> str:
    """A host as URIs write it."""
    return f"[{host}]" if ":" in host else host


def destinations(trunks: Mapping[Key, TrunkProfile], known: Mapping[Key, Known]) -> set[str]:
    """The URIs that are to be asked, every target of every trunk; several trunks of one provider may share one."""
    asked = (key for key, trunk in trunks.items() if trunk.enabled and trunk.probe and key in known)
    return {target.uri for key in asked for target in known[key].targets or ()}


def heard(listing: Mapping[str, Any]) -> dict[str, Health]:
    """What `dispatcher.list` says of each URI."""
    targets = (each for record in listing["RECORDS"] for each in record["SET"]["TARGETS"])
    return {target["DEST"]["URI"]: _health(target["DEST"]["FLAGS"]) for target in targets}


def _health(flags: str) -> Health:
    """`A` has answered, `I` has not, time after time; `T` is new, or has missed its first question."""
    return {"A": Health.UP, "I": Health.DOWN}.get(flags[:1], Health.UNKNOWN)
