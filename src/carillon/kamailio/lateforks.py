"""Calls that ring, as transactions of the engine: a phone is added (`routing.latefork`), or the call is ended.

The branch of an added phone is made in this process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from carillon.kamailio import ksr
from carillon.kamailio.ownrpc import OwnRpc
from carillon.kamailio.routes import Callback
from carillon.routing.decision import ForkLate, Header
from carillon.routing.latefork import CLAIMS, KEPT, TABLE, TRANSACTIONS, LateFork
from carillon.sip.uri import SipUri
from carillon.stores.registrationjournal import Binding


@dataclass(frozen=True, slots=True)
class _Going:
    """What the branch callback must know while a phone is added: which contacts are meant."""

    fork: LateFork
    contacts: frozenset[str]
    headers: tuple[Header, ...]


_going: _Going | None = None


def note_kept(call_id: str) -> None:
    """Nobody at the other side of this call, which is about to ring, hands it over; phones may be added to it."""
    ksr.set_shared_text(KEPT, call_id, "yes")
    ksr.set_branch_callback(Callback.BRANCH)  # the engine runs for late branches what it ran for the first ones


def is_kept(call_id: str) -> bool:
    """Whether that was noted."""
    return ksr.shared_text(KEPT, call_id) is not None


def note_transaction(call_id: str) -> None:
    """In a reply: where the call is found while it rings."""
    ksr.set_shared_text(TRANSACTIONS, call_id, ksr.transaction_id())


def end(call_id: str, rpc: OwnRpc) -> None:
    """Have a call that rings ended."""
    transaction = ksr.shared_text(TRANSACTIONS, call_id)
    if transaction is not None and not rpc.tell("tm.cancel", call_id, transaction.rpartition(" ")[2]):
        ksr.log("warn", f"transfer: {call_id} could not be ended; its caller may")


def fork(asked: ForkLate) -> None:
    """End the call of the request, and ring its phone for the other one: it must be free to answer by itself."""
    call_id = asked.fork.dialog.call_id
    if not ksr.begin_transaction():
        return
    transaction = ksr.shared_text(TRANSACTIONS, call_id)
    if transaction is None or ksr.increased(CLAIMS, call_id) > 1:
        _answer(asked.late.code, asked.late.reason, asked.late.headers)
        return
    _answer(asked.said.code, asked.said.reason, asked.said.headers)
    aor = asked.fork.dialog.aor
    with _adding(_Going(asked.fork, phones(ksr.bindings(aor), *asked.place), asked.headers)):
        if not ksr.add_phones(transaction, aor):
            ksr.log("notice", f"pick-up: {call_id} ended before the phone of {aor} could be rung for it")


def in_branch() -> bool | None:
    """In the branch callback: whether the phone is the one that is added, None when none is."""
    if _going is None:
        return None
    if ksr.text("$ru") not in _going.contacts:
        return False
    ksr.set_shared_text(TABLE, _key(_going.fork.dialog.call_id), str(_going.fork))
    for name, value in _going.headers:
        ksr.append_header(name, value)
    return True


def of_reply() -> LateFork | None:
    """In a reply: whose phone it is, if it was added."""
    noted = ksr.shared_text(TABLE, _key(ksr.text("$ci")))
    return LateFork.parse(noted) if noted else None


def phones(bindings: Iterable[Binding], address: str, port: int) -> frozenset[str]:
    """Of somebody's contacts those of the phone at a place; all where none is there."""
    alive = [one for one in bindings if one.expires > ksr.EXPIRED]
    found = frozenset(one.contact for one in alive if _leads_to(one.received or one.contact, address, port))
    return found or frozenset(one.contact for one in alive)


def _leads_to(uri: str, address: str, port: int) -> bool:
    where = SipUri.parse(uri)
    return where is not None and (ksr.canonical(where.host.strip("[]")), where.port or 5060) == (address, port)


def _key(call_id: str) -> str:
    return f"{call_id} {ksr.number('$T_branch_idx')}"


def _answer(code: int, reason: str, headers: tuple[Header, ...]) -> None:
    for name, value in headers:
        ksr.append_to_reply(name, value)
    ksr.reply(code, reason)


@contextmanager
def _adding(going: _Going) -> Iterator[None]:
    global _going  # noqa: PLW0603 -- the engine calls back in the midst, and hands nothing on
    _going = going
    try:
        yield
    finally:
        _going = None
