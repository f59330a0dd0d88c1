"""Calling people from a service: by outbound legs, about which Kamailio decides as about any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from carillon.asterisk.call import Call
from carillon.sip.private import PrivateHeader

CANCELLED = 487
CHUNK = 1000
CHUNKS = 8
"""As many variables as the dial plan joins (`MEMBERS1` and so on); a line of the interface has 2,048 bytes."""


class Taken(Exception):
    """Somebody took the call, and has hung up: nothing comes after that."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Nobody took a call: the final code of each leg that spoke, and whether a phone rang in vain."""

    codes: tuple[int, ...]
    rang: bool


async def together(call: Call, addresses: Sequence[str], seconds: int) -> Failed:
    """Ring these addresses of record at once; returns when none has answered.

    Raises `HungUp` when the caller has ended it, and `Taken` when somebody else has.
    """
    for place, part in enumerate(_chunks([f"PJSIP/proxy/sip:{address}" for address in addresses]), 1):
        await call.sets(f"MEMBERS{place}", part)
    await call.goes("group", seconds)
    await _not_taken(call)
    keys = [key for key in (await call.variable("HANGUPCAUSE_KEYS()")).split(",") if key]
    said = [_code(await call.variable(f"HANGUPCAUSE({key},tech)")) for key in keys]
    refused = tuple(code for code in said if code >= 400 and code != CANCELLED)
    return Failed(refused, rang=len(refused) < len(addresses))


async def alone(call: Call, address: str) -> None:
    """Call somebody as anybody would, with his own forwarding; the code of a failure is left for the dial plan.

    Raises as `together`.
    """
    for header in (PrivateHeader.GROUP, PrivateHeader.NO_FORWARD):
        await call.sets(f"_{header.name}", "")
    await call.sets("_CALLED", address)
    await call.goes("call")
    await _not_taken(call)
    if not await call.variable("CODE"):
        await call.sets("CODE", 500)


async def _not_taken(call: Call) -> None:
    """Dial comes back from an answered call too, as long as the caller is there."""
    if await call.variable("DIALSTATUS") == "ANSWER":
        await call.sets("CODE", "")
        raise Taken


def _chunks(destinations: Sequence[str]) -> list[str]:
    """Joined by `&`, in pieces that fit; what comes after the last piece is left out."""
    pieces = [""]
    for destination in destinations:
        if len(pieces[-1]) + len(destination) > CHUNK:
            pieces.append("")
        first = len(pieces) == 1 and not pieces[0]
        pieces[-1] += destination if first else f"&{destination}"
    return (pieces + [""] * CHUNKS)[:CHUNKS]


def _code(text: str) -> int:
    """The code in `SIP 486 Busy Here`, 0 for none."""
    words = text.split()
    return int(words[1]) if len(words) > 1 and words[1].isdecimal() else 0
