"""What the call logic may ask of the stores: protocols, and the rows that come back.

Implemented by `directory` (SQLite on this node), `handover` (Redis) and `memory` (the simulated world).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class StoreDown(Exception):
    """The store did not answer in time; callers turn it into the typed fact `UNKNOWN`."""


@dataclass(frozen=True, slots=True)
class DomainProfile:
    """A domain that this system serves. `digest` is one of `both`, `md5`, `sha256`."""

    name: str
    digest: str = "both"


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who can be called: the compiled profile of a user, one look-up a party."""

    extension: str
    domain: str
    name: str

    @property
    def aor(self) -> str:
        """Address of record without scheme, `101@example.org` (RFC 3261 §10)."""
        return f"{self.extension}@{self.domain}"


@dataclass(frozen=True, slots=True)
class Account:
    """The credentials of one device and the party it speaks for. HA1 only, RFC 7616 §3.4.2."""

    username: str
    domain: str
    ha1_md5: str
    ha1_sha256: str
    party: Party


@dataclass(frozen=True, slots=True)
class HandOver:
    """What the outbound leg tells the inbound leg about a failed call: the real code and its headers."""

    code: int
    reason: str
    headers: tuple[tuple[str, str], ...] = ()


class Directory(Protocol):
    """Domains, devices and people, read-only on this node. Every method may raise `StoreDown`."""

    def domains(self) -> Mapping[str, DomainProfile]: ...

    def account(self, domain: str, username: str) -> Account | None: ...

    def party(self, domain: str, number: str) -> Party | None: ...


class HandOvers(Protocol):
    """Leg hand-over by leg id, kept for two hours. Every method may raise `StoreDown`."""

    def put(self, leg: str, handover: HandOver) -> None: ...

    def get(self, leg: str) -> HandOver | None: ...
