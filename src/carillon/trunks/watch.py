"""Watching trunks: has Kamailio ask them, and tells its workers and everybody else how they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from carillon.stores.ports import TrunkProfile
from carillon.supervision.rpc import RpcFailed
from carillon.trunks import states
from carillon.trunks.lookups import Known
from carillon.trunks.probes import GROUP, NONE_AT_ALL, NOT_YET, destinations, heard
from carillon.trunks.registrations import contact_user
from carillon.trunks.states import Health, Key, TargetState, TrunkState
from carillon.trunks.targets import is_address

TABLE = "trunkhealth"
NOBODY = "."
TELL_S = 3.0
"""Kamailio forgets what it isn't told again."""
AGAIN_S = 30.0
"""A destination that Kamailio did not take, as its name is not known, is offered again after so long."""

ONLINE, ONGOING = 4, 2
"""Flags of a registration in Kamailio: it holds, and a REGISTER is just on its way."""


@dataclass
class Watch:
    """What is known of the trunks. `rpc` speaks to Kamailio and raises RpcFailed; `file` is for everybody else."""

    rpc: Callable[..., Any]
    file: Path
    known: dict[Key, TrunkState] = field(default_factory=dict)
    offered: dict[str, float] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    health: dict[str, Health] = field(default_factory=dict)
    tell_at: float = 0.0
    asks_none: bool = False

    def look(self, trunks: Mapping[Key, TrunkProfile], known: Mapping[Key, Known], now: float, clock: float) -> None:
        """See to it that the right targets are asked, and tell what has changed; raises RpcFailed, OSError.

        `known` says where trunks are. `now` counts monotonic seconds, `clock` is a Unix time.
        """
        self.health = self._asked(destinations(trunks, known), now)
        fresh = {
            key: self._state(key, trunk, known.get(key, Known()), int(clock))
            for key, trunk in trunks.items()
            if trunk.enabled
        }
        if fresh != self.known:
            states.write(self.file, fresh)
            self.known = fresh
        self._tell({domain for domain, _ in trunks}, now)

    def forget(self) -> None:
        """Kamailio was restarted: it knows nothing."""
        self.offered, self.told, self.asks_none = {}, {}, False

    def _asked(self, wanted: set[str], now: float) -> dict[str, Health]:
        """What is known of each URI that Kamailio asks; it is told of the ones that it should ask or not."""
        if self.asks_none and not wanted:  # its list takes a file of its own each time
            return {}
        health = self._heard()
        self.asks_none = not (health or wanted)
        for uri in health.keys() - wanted:
            self.rpc("dispatcher.remove", GROUP, uri)
        for uri in wanted - health.keys():
            if now >= self.offered.get(uri, now):
                self.rpc("dispatcher.add", GROUP, uri, NOT_YET)
                self.offered[uri] = now + AGAIN_S
        return health

    def _heard(self) -> dict[str, Health]:
        try:
            return heard(self.rpc("dispatcher.list"))
        except RpcFailed as failed:
            if NONE_AT_ALL in str(failed):
                return {}
            raise

    def _state(self, key: Key, trunk: TrunkProfile, known: Known, clock: int) -> TrunkState:
        """A trunk that missed one question is what it was before; times are those of the last change."""
        before = self.known.get(key)
        targets = self._targets(trunk, known, before)
        health = _of_all(targets) if trunk.probe else Health.NOT_PROBED
        if trunk.probe and known.targets == ():
            health = Health.DOWN
        if before and health is Health.UNKNOWN and before.health is not Health.NOT_PROBED:
            health = before.health
        now = before if before and before.health is health else TrunkState(health, clock)
        shown = () if is_address(trunk.host) else targets
        now = replace(now, targets=shown, dns=known.trouble, dns_since=known.since)
        registered = self._is_registered(key, before) if trunk.registered_user else None
        if before and before.registered is registered:
            return replace(now, registered=registered, registered_since=before.registered_since)
        return replace(now, registered=registered, registered_since=clock)

    def _targets(self, trunk: TrunkProfile, known: Known, before: TrunkState | None) -> tuple[TargetState, ...]:
        """How each target is; one that missed one question is what it was before."""
        last = {one.uri: one.health for one in before.targets} if before else {}

        def health(uri: str) -> Health:
            heard = self.health.get(uri, Health.UNKNOWN) if trunk.probe else Health.NOT_PROBED
            return last.get(uri, heard) if heard is Health.UNKNOWN else heard

        return tuple(TargetState(one.uri, one.priority, one.weight, health(one.uri)) for one in known.targets or ())

    def _is_registered(self, key: Key, before: TrunkState | None) -> bool:
        """A registration that is just being refreshed is what it was before."""
        try:
            flags = int(self.rpc("uac.reg_info", "l_uuid", contact_user(*key))["flags"])
        except RpcFailed:
            return False  # no password is kept for it, or Kamailio is about to be told
        if flags & ONGOING and before:
            return bool(before.registered)
        return bool(flags & ONLINE)

    def _tell(self, domains: Iterable[str], now: float) -> None:
        """Tell the workers what is down in each domain: when that changes, and before it is forgotten."""
        wanted = {domain: " ".join(sorted(states.down(self.known, domain))) or NOBODY for domain in domains}
        if wanted == self.told and now < self.tell_at:
            return
        for domain, names in wanted.items():
            self.rpc("htable.sets", TABLE, domain, names)
        self.told, self.tell_at = wanted, now + TELL_S


def _of_all(targets: tuple[TargetState, ...]) -> Health:
    """A trunk works when one of its targets does, and is down when all are."""
    healths = {one.health for one in targets}
    if Health.UP in healths:
        return Health.UP
    return Health.DOWN if healths == {Health.DOWN} else Health.UNKNOWN
