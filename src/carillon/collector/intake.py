"""What a line becomes on its way into the store: its shelf, its keys, its words without secrets."""

from __future__ import annotations

from carillon.collector.masking import masked
from carillon.collector.store import CALLS, OTHERS, Kept
from carillon.stores.tracewire import FIELD, LOST, STORE_DOWN, Row, unpack

_OTHER_ROUTES = frozenset({"register", "service", LOST, STORE_DOWN})
_HEAD_FIELDS = 4
"""Time, route, Call-ID and leg: never masked, as a Call-ID may look like a hash."""

_LEAST_SEPARATORS = 6
_CHALLENGED = f"{FIELD}Challenge{FIELD}"


def shelved(line: str) -> tuple[str, Kept]:
    """The shelf of a line and what is kept of it; raises ValueError when it is no row."""
    at, route, call_id, leg_id, words = line.split(FIELD, _HEAD_FIELDS)
    if words.count(FIELD) < _LEAST_SEPARATORS:
        raise ValueError("fields are missing")
    leg, dash, seal = leg_id.partition("-")
    if seal:
        words = words.replace(dash + seal, "")  # who reads a trace cannot make up a leg with it
    of_no_call = route in _OTHER_ROUTES or _CHALLENGED in words
    return OTHERS if of_no_call else CALLS, Kept(float(at), call_id, leg, f"{route}{FIELD}{masked(words)}")


def unshelved(kept: Kept) -> Row:
    """The row again. Raises ValueError when it is none."""
    route, words = kept.rest.split(FIELD, 1)
    return unpack(FIELD.join((repr(kept.at), route, kept.call_id, kept.leg, words)))
