"""Tells the workers at which Asterisk people have calls, on a node with several: further calls go to the same one."""

from __future__ import annotations

import sys

import redis

from carillon.calls.asterisk import Asterisk
from carillon.calls.book import Book
from carillon.calls.events import CallBegan, CallChanged, CallEvent
from carillon.calls.leases import PATIENCE_S, RENEW_S
from carillon.calls.settings import Settings
from carillon.stores import keys


class Gateways:
    """Leases, as counters are: what nobody renews ends by itself; a person who is free may go anywhere."""

    def __init__(self, book: Book, store: redis.Redis | None, gateway: str) -> None:
        self._book, self._store, self._gateway = book, store, gateway
        self._renew_at = 0.0
        self._down = False

    @classmethod
    def made(cls, settings: Settings, book: Book, asterisk: Asterisk) -> Gateways:
        """For `daemon.LISTENERS`; without a store, where there is but one Asterisk."""
        store = redis.Redis(unix_socket_path=str(settings.redis), socket_timeout=PATIENCE_S)
        return cls(book, store if settings.several else None, settings.gateway)

    def heard(self, event: CallEvent) -> None:
        """Whoever has come into a call is written at once."""
        match event:
            case CallBegan(call):
                self._write(call.people)
            case CallChanged(before, call):
                self._write(call.people - before.people)

    def tick(self, clock: float) -> None:
        """Renew."""
        if clock >= self._renew_at:
            self._renew_at = clock + RENEW_S
            self._down = False
            self._write(frozenset().union(*(call.people for call in self._book.calls.values())))

    def _write(self, people: frozenset[str]) -> None:
        """Once Redis has failed, it is left alone until the next renewal."""
        if self._store is None or self._down or not people:
            return
        pipeline = self._store.pipeline(transaction=False)
        for aor in people:
            pipeline.set(keys.gateway(aor), self._gateway, px=int(keys.LEASE_S * 1000))
        try:
            pipeline.execute()
        except redis.RedisError as error:
            self._down = True
            print(f"calls: Redis: {error}", file=sys.stderr, flush=True)
