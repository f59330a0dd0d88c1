"""The people of the bench: a hundred, each with one phone."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from carillon.provisioning import devices, domains, users

DOMAIN = "bench.test"
WHO = "bench"


@dataclass(frozen=True, slots=True)
class Person:
    """One user; the device has the name of its extension."""

    extension: str
    name: str
    password: str

    @property
    def aor(self) -> str:
        """Address of record, without scheme."""
        return f"{self.extension}@{DOMAIN}"


PEOPLE = tuple(Person(str(1000 + i), f"Person Number {i}", f"secret-of-{i}") for i in range(100))


def callee_of(call: int) -> Person:
    """Whom the caller of this call (0, 1, …) calls: the next one in the list."""
    return PEOPLE[(call + 1) % len(PEOPLE)]


def caller_of(call: int) -> Person:
    """Who makes this call (0, 1, …)."""
    return PEOPLE[call % len(PEOPLE)]


def add_people(truth: Engine) -> None:
    """Write them into a system whose default domain is DOMAIN. MD5 only: it is what SIPp answers."""
    domains.set(truth, WHO, DOMAIN, "md5")
    for person in PEOPLE:
        users.add(truth, WHO, person.extension, person.name)
        devices.add(truth, WHO, person.extension, person.extension, person.password)
