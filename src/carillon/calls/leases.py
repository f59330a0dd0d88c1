"""Keeps the counters in Redis right: a place for each call under each limit of its people and trunks, leased.

Legs claim places before anybody rings (`stores.callcounts`); here they are renewed while Asterisk has the call, taken
away when it ends, made again when Redis lost them, and swept when somebody died over them. Calls of people without
any limit cost nothing here. On a node with siblings those are told, so that limits hold over all nodes.
"""

from __future__ import annotations

import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import redis

from carillon.calls.asterisk import Asterisk
from carillon.calls.book import Book
from carillon.calls.events import CallBegan, CallChanged, CallEnded, CallEvent
from carillon.calls.livecall import LiveCall
from carillon.calls.settings import Settings
from carillon.routing.limits import counted, of_trunk
from carillon.states.news import Mouth, all_places_again, places_in_parts
from carillon.stores import keys
from carillon.stores.directory import DirectoryReader
from carillon.stores.ports import StoreDown

PATIENCE_S = 0.3
RENEW_S = 2.0
AGAIN_S = 3.0
"""Siblings are told everything so often: what was lost, or told to a daemon that died, is made good."""
SWEEP_S = 10.0
OLD_S = 60.0
"""After so long a claim belongs to a call that Asterisk will never have."""
REMEMBERED = 5000
"""Calls that have ended, whose claims may be read late."""

Names = frozenset[str]


class Leases:
    """What is written for each call, and what legs have claimed for it."""

    def __init__(self, book: Book, directory: DirectoryReader, store: redis.Redis, *told: Path) -> None:
        self._book, self._directory, self._store = book, directory, store
        self._mouth = Mouth(*told)
        self._written: dict[str, Names] = {}
        self._claims: dict[str, set[str]] = {}
        self._claimed_at: dict[str, float] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._read_to = "0-0"
        self._known: dict[str, Names] = {}
        self._version: object = None
        self._renew_at = self._sweep_at = self._again_at = 0.0
        self._down = self._is_empty = False

    @classmethod
    def made(cls, settings: Settings, book: Book, asterisk: Asterisk) -> Leases:
        """For `daemon.LISTENERS`."""
        store = redis.Redis(unix_socket_path=str(settings.redis), socket_timeout=PATIENCE_S, decode_responses=True)
        told = (settings.siblings,) if settings.siblings else ()
        return cls(book, DirectoryReader(settings.directory), store, *told)

    def heard(self, event: CallEvent) -> None:
        """A call that has ended leaves its places at once; one that has changed may have others."""
        match event:
            case CallBegan(call) | CallChanged(_, call):
                self._bring(call)
            case CallEnded(call):
                self._end(call.leg)

    def tick(self, clock: float) -> None:
        """Read the claims, follow the settings, renew, and sweep now and then."""
        was_down, self._down = self._down, False
        self._ask(self._look)
        if self._has_changed():
            self._known.clear()
        for call in list(self._book.calls.values()):
            self._bring(call)
        if was_down and not self._down:
            print("calls: Redis answers again", file=sys.stderr, flush=True)
            self._sweep_at = 0.0
        if self._is_empty:
            self._ask(self._write_anew)
        if clock >= self._renew_at:
            self._renew_at = clock + RENEW_S
            self._ask(self._renew)
        if clock >= self._sweep_at:
            self._sweep_at = clock + SWEEP_S
            self._ask(self._sweep)
        if clock >= self._again_at and self._book.is_known:
            self._again_at = clock + AGAIN_S
            self._mouth.tells(all_places_again(self._written))

    # --- which places a call has

    def _wanted(self, call: LiveCall) -> Names:
        """The places of who talks, and of the trunks; what was claimed for others counts until they have answered."""
        sure = [self._names_of(aor) for aor in call.talking]
        lines = [self._names_of_trunk(name) for name in call.trunks]
        claimed = () if call.is_settled else self._claims.get(call.leg, ())
        return frozenset().union(*sure, *lines, claimed)

    def _names_of(self, aor: str) -> Names:
        def names() -> Names:
            extension, _, domain = aor.partition("@")
            party = self._directory.party(domain, extension)
            return frozenset(map(str, counted(party))) if party else frozenset()

        return self._remembered(aor, names)

    def _names_of_trunk(self, name: str) -> Names:
        def names() -> Names:
            own, _, domain = name.partition("@")
            trunk = self._directory.trunks().get((domain, own))
            return frozenset({str(of_trunk(trunk))}) if trunk and trunk.most_calls else frozenset()

        return self._remembered(f"trunk {name}", names)

    def _remembered(self, key: str, names: Callable[[], Names]) -> Names:
        if key not in self._known:
            try:
                self._known[key] = names()
            except StoreDown as down:
                print(f"calls: {down}", file=sys.stderr, flush=True)
                return frozenset()
        return self._known[key]

    def _has_changed(self) -> bool:
        """Whether the settings have, since the last look."""
        try:
            version: object = self._directory.domains()
        except StoreDown:
            return False
        changed, self._version = version is not self._version, version
        return changed

    # --- writing them

    def _bring(self, call: LiveCall) -> None:
        wanted, before = self._wanted(call), self._written.get(call.leg, frozenset())
        if wanted == before:
            return
        if wanted:
            self._written[call.leg] = wanted
        else:
            self._written.pop(call.leg, None)
        self._tell(call.leg, wanted)
        self._ask(lambda: self._write({call.leg: wanted - before}, {call.leg: before - wanted}))

    def _end(self, leg: str) -> None:
        self._ended[leg] = None
        if len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)
        gone = self._written.pop(leg, frozenset()) | self._forget_claims(leg)
        if gone:
            self._tell(leg, frozenset())
            self._ask(lambda: self._write({}, {leg: gone}))

    def _tell(self, leg: str, names: Names) -> None:
        if not self._mouth.tells(places_in_parts({leg: names})):
            self._again_at = 0.0

    def _write(
        self, come: Mapping[str, Iterable[str]], gone: Mapping[str, Iterable[str]], *, anew: bool = False
    ) -> None:
        """A place of a call that nobody has taken yet is only prolonged: its leg may have given it back already."""
        pipeline = self._store.pipeline(transaction=False)
        until = time.time() + keys.LEASE_S
        for leg, names in come.items():
            call = self._book.calls.get(leg)
            prolongs = not anew and call is not None and not call.is_settled
            for name in names:
                pipeline.zadd(f"{keys.COUNTER}{name}", {leg: until}, gt=True, xx=prolongs)
                pipeline.expire(f"{keys.COUNTER}{name}", keys.FORGET_S)
        for leg, names in gone.items():
            for name in names:
                pipeline.zrem(f"{keys.COUNTER}{name}", leg)
        pipeline.execute()

    def _renew(self) -> None:
        if self._written:
            self._write(self._written, {})

    def _write_anew(self) -> None:
        """Redis was started anew: what was there is written again."""
        self._write(self._written, {}, anew=True)
        self._store.set(keys.KEPT, "yes", ex=keys.KEPT_S)
        self._is_empty = False

    def _look(self) -> None:
        self._is_empty = not self._store.expire(keys.KEPT, keys.KEPT_S)
        self._read_claims()

    def _read_claims(self) -> None:
        """What legs have claimed since the last look; what a call claimed that has ended meanwhile goes."""
        late: dict[str, Iterable[str]] = {}
        entries: Any = self._store.xrange(keys.CLAIMS, f"({self._read_to}", "+")
        for id, fields in entries:
            self._read_to = id
            leg, names = fields["leg"], fields.get("scopes", "").split("\n")
            if "left" in fields:
                self._claims.get(leg, set()).difference_update(fields["left"].split("\n"))
            elif leg in self._ended:
                late[leg] = names
            else:
                self._claims.setdefault(leg, set()).update(names)
                self._claimed_at[leg] = int(id.partition("-")[0]) / 1000
        if late:
            self._write({}, late)

    def _sweep(self) -> None:
        """Take away leases of calls that Asterisk does not have; claims, which are short, end by themselves."""
        live = {leg for call in self._book.calls.values() for leg in call.legs}
        now = time.time()
        away: Any = self._store.zrangebyscore(keys.AWAY, now, "+inf")
        live.update(away)
        for leg in [leg for leg, at in self._claimed_at.items() if leg not in live and at < now - OLD_S]:
            self._forget_claims(leg)
        for name in self._store.scan_iter(f"{keys.COUNTER}*", count=500):
            held: Any = self._store.zrangebyscore(name, f"({now + keys.CLAIM_S}", "+inf")
            gone = [leg for leg in held if leg not in live]
            if gone:
                self._store.zrem(name, *gone)

    def _forget_claims(self, leg: str) -> set[str]:
        self._claimed_at.pop(leg, None)
        return self._claims.pop(leg, set())

    def _ask(self, trip: Callable[[], None]) -> None:
        """Once it has failed, Redis is left alone until the next tick."""
        if self._down:
            return
        try:
            trip()
        except redis.RedisError as error:
            self._down = True
            print(f"calls: Redis: {error}", file=sys.stderr, flush=True)
