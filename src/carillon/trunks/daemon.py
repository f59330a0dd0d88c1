"""The daemon: follows the directory, tells Kamailio of the trunks within a second of a change, and watches them."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from carillon.follower.holding import may, was_given
from carillon.stores.directory import DirectoryReader
from carillon.stores.ports import StoreDown
from carillon.stores.trunklogins import LoginReader
from carillon.supervision.rpc import RpcFailed, call
from carillon.trunks.addresses import TABLE, TOLD, addresses, changes, looked_up
from carillon.trunks.registrations import DEFAULT, Account, accounts
from carillon.trunks.states import Key
from carillon.trunks.watch import Watch

LOOK_S = 0.5
GOODBYE_S = 8.0
RESOLVE_S = 30.0
"""Names are asked for again this often."""


@dataclass
class Follower:
    """What Kamailio was told, and when names are due to be asked for again (monotonic seconds)."""

    directory: DirectoryReader
    rpc: Path
    logins: LoginReader
    watch: Watch
    contact6: str = DEFAULT
    lease: Path | None = None
    registered: dict[str, Account] = field(default_factory=dict)
    leaving: dict[str, float] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    seen: object = None
    nowhere: frozenset[Key] = frozenset()
    due: float = 0.0

    def look(self, now: float) -> None:
        """Tell Kamailio what has changed, or everything if it was restarted; raises StoreDown, RpcFailed."""
        trunks = self.directory.trunks()
        if self._was_restarted():
            self.told, self.registered, self.leaving, self.due = {}, {}, {}, now
            self.watch.forget()
        if now >= self.due or trunks != self.seen:
            found = looked_up(trunks)
            wanted = addresses(trunks, found)
            self._tell(*changes(self.told, wanted))
            self.told, self.seen, self.due = wanted, trunks, now + RESOLVE_S
            self.nowhere = frozenset(key for key, places in found.items() if not places)
        self._may_register(now, accounts(trunks, self.logins.logins(), self.contact6))
        self.watch.look(trunks, self.nowhere, now, time.time())
        call(self.rpc, "htable.sets", TABLE, TOLD, str(int(time.time())))

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
            call(self.rpc, "uac.reg_remove", uuid)
        self.registered, self.leaving = {}, {}

    def _register(self, wanted: dict[str, Account], now: float) -> None:
        """Add what is wanted; what no longer is has a moment to say goodbye to its provider."""
        for uuid in [uuid for uuid, account in self.registered.items() if wanted.get(uuid) != account]:
            call(self.rpc, "uac.reg_unregister", "l_uuid", uuid)
            del self.registered[uuid]
            self.leaving[uuid] = now + GOODBYE_S
        for uuid in [uuid for uuid, until in self.leaving.items() if now > until or uuid in wanted]:
            call(self.rpc, "uac.reg_remove", uuid)
            del self.leaving[uuid]
        for uuid in wanted.keys() - self.registered.keys():
            call(self.rpc, "uac.reg_add", *wanted[uuid].parameters())
            self.registered[uuid] = wanted[uuid]

    def _tell(self, written: dict[str, str], forgotten: list[str]) -> None:
        for address, trunk in written.items():
            call(self.rpc, "htable.sets", TABLE, address, trunk)
        for address in forgotten:
            call(self.rpc, "htable.delete", TABLE, address)


def main() -> None:
    """Run until told to stop; what fails is tried again."""
    settings = json.loads(Path(sys.argv[1]).read_text())
    rpc = Path(settings["rpc"])
    logins = LoginReader(Path(settings["logins"]))
    watch = Watch(partial(call, rpc), Path(settings["states"]))
    lease = Path(settings["lease"]) if settings["lease"] else None
    directory = DirectoryReader(Path(settings["directory"]))
    follower = Follower(directory, rpc, logins, watch, settings["contact6"], lease)
    pulse = Path(sys.argv[1]).with_name("pulse")
    failing = ""
    while True:
        pulse.touch()
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
