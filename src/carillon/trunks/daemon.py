"""The daemon: follows the directory, tells Kamailio of the trunks within a second of a change, and watches them."""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from carillon.stores.directory import DirectoryReader
from carillon.stores.ports import StoreDown, Target, TrunkProfile
from carillon.stores.trunklogins import LoginReader
from carillon.stores.trunktargets import TABLE as TARGETS
from carillon.stores.trunktargets import told
from carillon.supervision.rpc import NotThere, RpcFailed, call
from carillon.system.once import may, was_given
from carillon.system.pulse import beat
from carillon.trunks.addresses import TABLE, TOLD, addresses, changes
from carillon.trunks.dnsasking import ask
from carillon.trunks.lookups import Known, Lookups
from carillon.trunks.places import place_of
from carillon.trunks.registrations import DEFAULT, Account, accounts, chosen
from carillon.trunks.states import Key
from carillon.trunks.targets import find, is_address
from carillon.trunks.watch import Watch

LOOK_S = 0.5
GOODBYE_S = 8.0


@dataclass
class Follower:
    """What Kamailio was told, and when names are due to be asked for again (monotonic seconds).

    `site` is where this node is the satellite, "" for a main; `branches` are the sites of each domain that have one.
    """

    directory: DirectoryReader
    rpc: Path
    logins: LoginReader
    watch: Watch
    lookups: Lookups
    contact6: str = DEFAULT
    lease: Path | None = None
    site: str = ""
    branches: Mapping[str, Collection[str]] = field(default_factory=dict)
    registered: dict[str, Account] = field(default_factory=dict)
    leaving: dict[str, float] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)
    registered_at: dict[Key, str] = field(default_factory=dict)

    def look(self, now: float) -> None:
        """Tell Kamailio what has changed, or everything if it was restarted; raises StoreDown, RpcFailed."""
        trunks = self.directory.trunks()
        if self._was_restarted():
            self.told, self.targets, self.registered, self.leaving = {}, {}, {}, {}
            self.watch.forget()
        used = {key: trunk for key, trunk in trunks.items() if trunk.enabled}
        self.lookups.look(used.values(), now, time.time())
        known = {key: self.lookups.of(trunk) for key, trunk in used.items()}
        self.told = self._tell(TABLE, self.told, addresses(known))
        self.targets = self._tell(TARGETS, self.targets, _by_domain(used, known))
        self.watch.look(trunks, known, now, time.time())
        self.registered_at = chosen(known, self.watch.health, self.registered_at)
        here = {key: trunk for key, trunk in trunks.items() if self._is_of_this_place(*key)}
        self._may_register(now, accounts(here, self.logins.logins(), self.registered_at, self.contact6))
        call(self.rpc, "htable.sets", TABLE, TOLD, str(int(time.time())))

    def _is_of_this_place(self, domain: str, name: str) -> bool:
        """Whether this satellite, or a main, registers there: calls must come to the branch when its link is cut."""
        return place_of(name, self.directory.outbound(domain), self.branches.get(domain, ())) == self.site

    def _was_restarted(self) -> bool:
        try:
            call(self.rpc, "htable.get", TABLE, TOLD)
        except RpcFailed:
            return True
        return False

    def _may_register(self, now: float, wanted: dict[str, Account]) -> None:
        """One node of a system registers. Who has lost that says no goodbye: calls may still come for a while."""
        if may(self.lease, now):
            self._register(wanted, now)
            return
        if was_given(self.lease):
            self._register({}, now)
            return
        for uuid in (*self.registered, *self.leaving):
            self._remove(uuid)
        self.registered, self.leaving = {}, {}

    def _register(self, wanted: dict[str, Account], now: float) -> None:
        """Add what is wanted; what no longer is has a moment to say goodbye to its provider."""
        for uuid in [uuid for uuid, account in self.registered.items() if wanted.get(uuid) != account]:
            with suppress(NotThere):
                call(self.rpc, "uac.reg_unregister", "l_uuid", uuid)
            del self.registered[uuid]
            self.leaving[uuid] = now + GOODBYE_S
        for uuid in [uuid for uuid, until in self.leaving.items() if now > until or uuid in wanted]:
            self._remove(uuid)
            del self.leaving[uuid]
        for uuid in wanted.keys() - self.registered.keys():
            call(self.rpc, "uac.reg_add", *wanted[uuid].parameters())
            self.registered[uuid] = wanted[uuid]

    def _remove(self, uuid: str) -> None:
        with suppress(NotThere):
            call(self.rpc, "uac.reg_remove", uuid)

    def _tell(self, table: str, before: dict[str, str], after: dict[str, str]) -> dict[str, str]:
        """Tell the workers what has changed; returns what they know now."""
        written, forgotten = changes(before, after)
        for key, value in written.items():
            call(self.rpc, "htable.sets", table, key, value)
        for key in forgotten:
            with suppress(NotThere):
                call(self.rpc, "htable.delete", table, key)
        return after


def _by_domain(trunks: Mapping[Key, TrunkProfile], known: Mapping[Key, Known]) -> dict[str, str]:
    """What workers are told of the trunks that are known by name, by domain."""
    found: dict[str, dict[str, tuple[Target, ...]]] = defaultdict(dict)
    for (domain, name), trunk in trunks.items():
        if not is_address(trunk.host) and (targets := known[domain, name].targets):
            found[domain][name] = targets
    return {domain: told(targets) for domain, targets in found.items()}


def main() -> None:
    """Run until told to stop; what fails is tried again."""
    settings = json.loads(Path(sys.argv[1]).read_text())
    rpc = Path(settings["rpc"])
    logins = LoginReader(Path(settings["logins"]))
    watch = Watch(partial(call, rpc), Path(settings["states"]))
    lease = Path(settings["lease"]) if settings["lease"] else None
    directory = DirectoryReader(Path(settings["directory"]))
    lookups = Lookups(partial(find, ask=ask, families=tuple(settings["families"])), Path(settings["answers"]))
    follower = Follower(directory, rpc, logins, watch, lookups, settings["contact6"], lease)
    follower.site, follower.branches = settings["site"], settings["branches"]
    pulse = Path(sys.argv[1]).with_name("pulse")
    failing = ""
    while True:
        beat(pulse)
        try:
            follower.look(time.monotonic())
            failing = ""
        except (StoreDown, RpcFailed, OSError) as failed:
            if str(failed) != failing:  # once, not twice a second
                print(f"trunks: {failed}", file=sys.stderr, flush=True)
                failing = str(failed)
        time.sleep(LOOK_S)


if __name__ == "__main__":
    main()
