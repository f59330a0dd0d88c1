"""Bans in the node's shared memory: all workers count together, and all turn the same ones away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Protocol

from carillon.routing.bans import Ban, BanKind, BanSettings, Guess, bans_after, floods

BANS = "bans"
WRONG = "wrong"
GUESSED = "guessed"
ACCOUNTS = "accounts"
FLOODS = "floods"

Network = IPv4Network | IPv6Network
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class SharedMemory(Protocol):
    """The node's shared memory. A counter begins at its first increase and is gone after its table's window."""

    def shared_text(self, table: str, key: str) -> str | None: ...

    def set_shared_text_for(self, table: str, key: str, value: str, seconds: int) -> None: ...

    def increased(self, table: str, key: str) -> int: ...


class Standing(Enum):
    """How an address stands. `WATCHED`: some account is banned from there."""

    FREE = "free"
    WATCHED = "watched"
    BANNED = "banned"


@dataclass(frozen=True, slots=True)
class Exempt:
    """Who is never turned away: this node and its gateways, trunks, and the networks that an administrator trusts."""

    own: frozenset[str]
    networks: tuple[Network, ...]
    is_trunk: Callable[[str], bool]

    def covers(self, address: str) -> bool:
        """Whether an address is one of them; costs a read, so it is asked when something was counted as too much."""
        place = ip_address(address)
        return any(place in network for network in (*LOOPBACK, *self.networks)) or self.is_trunk(address)


class Bans:
    """Counts and turns away. Who has done nothing costs two looks into shared memory a request, own nodes none.

    `spread` has siblings impose the same ban, on a node that has any.
    """

    def __init__(
        self,
        memory: SharedMemory,
        exempt: Exempt,
        settings: BanSettings,
        clock: Callable[[], float],
        tell: Callable[[str], None],
        spread: Callable[[Ban], None] | None = None,
    ) -> None:
        self._memory, self._exempt, self._settings = memory, exempt, settings
        self._clock, self._tell, self._spread = clock, tell, spread

    def standing(self, address: str) -> Standing:
        """How an address stands, and one request of it counted."""
        if address in self._exempt.own:
            return Standing.FREE
        ban = self._memory.shared_text(BANS, address)
        if ban is not None and ban.startswith(f"{BanKind.ADDRESS} "):
            return Standing.BANNED
        if self._floods(address):
            return Standing.BANNED
        return Standing.FREE if ban is None else Standing.WATCHED

    def is_banned(self, guess: Guess) -> bool:
        """Whether an account is banned from an address; asked for watched addresses only."""
        return self._memory.shared_text(BANS, guess.key) is not None

    def guessed(self, guess: Guess) -> None:
        """Count wrong credentials, and ban where it was too much."""
        wrong = self._memory.increased(WRONG, guess.key)
        is_new = self._memory.increased(GUESSED, guess.key) == 1
        accounts = self._memory.increased(ACCOUNTS, guess.address) if is_new else 0
        bans = bans_after(guess, wrong, accounts, self._settings)
        if bans and not self._exempt.covers(guess.address):
            for ban in bans:
                self._impose(ban, guess.address)

    def _floods(self, address: str) -> bool:
        requests = self._memory.increased(FLOODS, address)
        if not floods(requests, self._settings) or self._exempt.covers(address):
            return False
        if requests == self._settings.requests + 1:
            self._tell(f"flood: {address} sent {requests} requests within {self._settings.requests_s} s")
        return True

    def _impose(self, ban: Ban, address: str) -> None:
        until = int(self._clock()) + ban.seconds
        if ban.kind is BanKind.ACCOUNT:
            self._watch(address, ban.seconds, until)
        self._memory.set_shared_text_for(BANS, ban.key, f"{ban.kind} {until}", ban.seconds)
        if self._spread:
            self._spread(ban)
        self._tell(f"ban: {ban.key} for {ban.seconds} s, {ban.because}")

    def _watch(self, address: str, seconds: int, until: int) -> None:
        known = self._memory.shared_text(BANS, address)
        if known is None or known.startswith(f"{BanKind.ACCOUNTS} "):
            self._memory.set_shared_text_for(BANS, address, f"{BanKind.ACCOUNTS} {until}", seconds)
