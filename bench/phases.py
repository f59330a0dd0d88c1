"""What is done to a subject, and measured: one leg of calls, whole calls, registrations.

The two legs are measured one at a time: Kamailio tells them apart by where a message comes from.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import sipp
from bench.people import Person
from bench.processes import cpu_seconds
from bench.subjects import CALLERS, PHONE_PORT, PHONES, Subject
from carillon.sip.legid import make_leg_id
from carillon.sip.seal import Secrets

TALK_S = 10
"""How long they talk, as `scenarios/talks.xml` says."""
SPEECH = bytes(range(256)) * 313
"""Ten seconds of G.711, A-law: of any sound, as long as it is no silence."""
AT_PHONES = (PHONES, PHONE_PORT)


@dataclass(frozen=True, slots=True)
class Load:
    """How many calls or registrations, how many a second, and how often again."""

    times: int
    rate: int
    rounds: int


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU microseconds for one call or registration by component; `traffic` says how they went."""

    subject: str
    phase: str
    microseconds: Mapping[str, float]
    traffic: sipp.Traffic
    clean: bool

    def total(self, *without: str) -> float:
        """Of all components but these."""
        return sum(spent for name, spent in self.microseconds.items() if name not in without)


Phase = Callable[[Subject, Load, Path], Measured]


def inbound(subject: Subject, load: Load, folder: Path) -> Measured:
    """A phone calls, is challenged and proves itself; the gateway, which is SIPp, does as the number says."""
    with sipp.answering(subject.gateway, folder):
        return _measured("inbound", subject, load, lambda: _phones_call(subject, load, folder))


def outbound(subject: Subject, load: Load, folder: Path) -> Measured:
    """The gateway calls with a leg id of ours; a registered phone does as its number says."""
    seals = Secrets(subject.secret)
    fields = [_call(subject, rank, make_leg_id(seals, secrets.token_hex(12))) for rank in range(load.times)]
    with sipp.answering(AT_PHONES, folder):
        return _measured(
            "outbound",
            subject,
            load,
            lambda: sipp.run("gateway_calls", subject.gateway, subject.beside_gateway, fields, load.rate, folder),
        )


def whole(subject: Subject, load: Load, folder: Path) -> Measured:
    """A phone calls another one; Asterisk is in the middle."""
    with sipp.answering(AT_PHONES, folder):
        return _measured("whole", subject, load, lambda: _phones_call(subject, load, folder, (CALLERS, PHONE_PORT)))


def talks(subject: Subject, load: Load, folder: Path) -> Measured:
    """So many calls at once through Asterisk, in which one side speaks and hears itself, for TALK_S."""
    (folder / "talk.alaw").write_bytes(SPEECH)
    echo = ("-rtp_echo", "-mp", "20000", "-mi", PHONES)
    with sipp.answering(AT_PHONES, folder, "listens", *echo):
        return _measured("talks", subject, load, lambda: _phones_talk(subject, load, folder))


def registrations(subject: Subject, load: Load, folder: Path) -> Measured:
    """Phones register, one after the other and then again, and prove themselves each time."""
    people = subject.registering
    fields = [f"{one.extension};{_proof(one)}" for one in (people[rank % len(people)] for rank in range(load.times))]
    return _measured(
        "registrations",
        subject,
        load,
        lambda: sipp.run("registers", AT_PHONES, subject.proxy, fields, load.rate, folder),
    )


def _measured(phase: str, subject: Subject, load: Load, act: Callable[[], sipp.Traffic]) -> Measured:
    before = cpu_seconds(subject.parts())
    traffic = act()
    after = cpu_seconds(subject.parts())
    spent = {name: round(1e6 * (after[name] - before.get(name, 0.0)) / load.times, 1) for name in after}
    return Measured(subject.name, phase, spent, traffic, traffic.is_clean(load.times))


def _phones_call(subject: Subject, load: Load, folder: Path, place: sipp.Peer = AT_PHONES) -> sipp.Traffic:
    fields = [_call(subject, rank, _proof(_caller(subject.people, rank))) for rank in range(load.times)]
    return sipp.run("phone_calls", place, subject.proxy, fields, load.rate, folder)


def _phones_talk(subject: Subject, load: Load, folder: Path) -> sipp.Traffic:
    fields = [_call(subject, rank, _proof(_caller(subject.people, rank))) for rank in range(load.times)]
    return sipp.run("talks", (CALLERS, PHONE_PORT), subject.proxy, fields, load.rate, folder)


def _call(subject: Subject, rank: int, proof: str) -> str:
    """Everybody calls the next one in the list."""
    caller, called = _caller(subject.people, rank), _caller(subject.people, rank + 1)
    return ";".join((caller.extension, called.extension, caller.name, proof))


def _caller(people: Sequence[Person], rank: int) -> Person:
    return people[rank % len(people)]


def _proof(of: Person) -> str:
    return f"[authentication username={of.extension} password={of.password}]"
