"""The two legs of a call, measured one at a time: Kamailio tells them apart by where a message comes from."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import sipp
from bench.people import callee_of, caller_of
from bench.systems import PHONE_PORT, PHONES, Subject
from carillon.sip.legid import make_leg_id


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU microseconds a call of one leg, all of Kamailio's processes together; `traffic` says how the calls went."""

    subject: str
    leg: str
    microseconds: float
    traffic: sipp.Traffic
    clean: bool


@dataclass(frozen=True, slots=True)
class Load:
    """How many calls a leg, and how many a second."""

    calls: int
    rate: int


Leg = Callable[[Subject, Load, Path], Measured]


def inbound(subject: Subject, load: Load, folder: Path) -> Measured:
    """A phone calls, is challenged and proves itself; the gateway answers."""
    node = subject.node
    phones, gateway = (PHONES, PHONE_PORT), (node.gateway_address, node.gateway_port)
    fields = [_caller_fields(call) for call in range(load.calls)]
    with sipp.answering(gateway, folder):
        return _measure(
            "inbound", subject, ("phone_calls", phones, (node.address, node.sip_port)), fields, load, folder
        )


def outbound(subject: Subject, load: Load, folder: Path) -> Measured:
    """The gateway calls with a leg id of ours; a registered phone answers."""
    node = subject.node
    phones, gateway = (PHONES, PHONE_PORT), (node.gateway_address, node.gateway_port)
    fields = [_leg_fields(call, subject.secret) for call in range(load.calls)]
    with sipp.answering(phones, folder):
        to = (node.gateway_address, node.sip_port)
        return _measure("outbound", subject, ("gateway_calls", gateway, to), fields, load, folder)


LEGS: tuple[Leg, ...] = (inbound, outbound)


def _measure(
    leg: str,
    subject: Subject,
    way: tuple[str, sipp.Peer, sipp.Peer],
    fields: Sequence[str],
    load: Load,
    folder: Path,
) -> Measured:
    before = subject.kamailio.cpu_seconds()
    traffic = sipp.call(*way, fields, load.rate, folder)
    spent = subject.kamailio.cpu_seconds() - before
    return Measured(subject.name, leg, round(1e6 * spent / load.calls, 1), traffic, traffic.is_clean(load.calls))


def _caller_fields(call: int) -> str:
    caller = caller_of(call)
    proof = f"[authentication username={caller.extension} password={caller.password}]"
    return ";".join((caller.extension, callee_of(call).extension, caller.name, proof))


def _leg_fields(call: int, secret: bytes) -> str:
    caller, leg = caller_of(call), make_leg_id(secret, secrets.token_hex(12))
    return ";".join((caller.extension, callee_of(call).extension, caller.name, leg))
