"""The people of the bench: as many as a case wants, of whom at most a thousand have a phone that is used."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from carillon.provisioning import devices

DOMAIN = "bench.test"
WHO = "bench"
FIRST = 100_000
FEW = 100
CROWD = 100_000
MOST_PHONES = 1000


@dataclass(frozen=True, slots=True)
class Person:
    """One user; the device has the name of its extension, whose last two digits say how it answers calls."""

    extension: str
    name: str
    password: str

    @property
    def aor(self) -> str:
        """Address of record, without scheme."""
        return f"{self.extension}@{DOMAIN}"

    def ha1(self, algorithm: str) -> str:
        """HA1 (RFC 7616 §3.4.2) by `md5` or `sha256`."""
        text = f"{self.extension}:{DOMAIN}:{self.password}"
        return hashlib.new(algorithm, text.encode(), usedforsecurity=False).hexdigest()


def person(number: int) -> Person:
    """The person of this number, 0, 1, …"""
    return Person(str(FIRST + number), f"Person Number {number}", f"secret-of-{number}")


def with_phones(people: int) -> tuple[Person, ...]:
    """Those of `people` whose phones are used: all, or a thousand spread evenly, with all pairs of last digits."""
    phones = min(people, MOST_PHONES)
    stride = people // phones
    return tuple(person(rank * stride + (rank % 100 if stride >= 100 else 0)) for rank in range(phones))


PEOPLE = with_phones(FEW)


def file(people: int) -> str:
    """The CSV file by which they come: each with an e-mail address, rights, and a further number."""
    lines = ["extension,name,email,domain,site,rights,numbers"]
    for rank in range(people):
        one = person(rank)
        lines.append(f"{one.extension},{one.name},p{rank}@{DOMAIN},,,national mobile,+3225{rank:06}")
    return "\n".join(lines) + "\n"


def add_phones(truth: Engine, people: tuple[Person, ...], told: Callable[[int, int], None]) -> None:
    """Give each of them a device; `told` is told how many of how many have one."""
    for rank, one in enumerate(people, 1):
        devices.add(truth, WHO, one.extension, one.extension, one.password)
        told(rank, len(people))
