"""From questions to facts: one batch of reads; a store that does not answer becomes the fact UNKNOWN."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeVar

from carillon.kamailio import dialogs, elsewhere, ksr, lateforks, siblings
from carillon.routing.callback import BUSY_TABLE as BUSY
from carillon.routing.dialogs import LiveDialog
from carillon.routing.elsewhere import MOVING
from carillon.routing.facts import UNKNOWN, Beyond, Facts, Flow, NodeProfile, Unknown
from carillon.routing.fromtrunk import speaks_from
from carillon.routing.questions import NOTHING, Questions
from carillon.routing.request import Request
from carillon.routing.taken import REFERRALS
from carillon.sip.contacts import Contact
from carillon.stores import heardnames, trunktargets
from carillon.stores.compiled import presence_of
from carillon.stores.ports import Account, Directory, Named, Party, StoreDown, Target, TrunkProfile

NONCES = "nonces"
LEGS = "legs"
TOLD = "told"
TRUNKS = "trunks"
STATES = "states"
MESSAGES = "messages"
HEALTH = "trunkhealth"

Answer = TypeVar("Answer")


def facts(
    questions: Questions,
    request: Request,
    node: NodeProfile,
    directory: Directory,
    flow_of: Callable[[str, str], Flow | None] | None = None,
    is_beyond: Callable[[str], bool] | None = None,
    talks_here: Callable[[str], bool] | None = None,
) -> Facts:
    """The answers to a route's questions. On a node with siblings, `flow_of` knows the way to a phone and `talks_here`
    whether somebody has calls here; `is_beyond` whether no phone of somebody is within reach of a satellite that is
    cut off."""
    now = time.time()
    if questions is NOTHING:
        return Facts(now, node)
    if questions.flow:
        return Facts(now, node, flow=flow_of(*questions.flow) if flow_of else None)
    directory.renew()
    return _found(questions, request, now, node, directory, is_beyond, talks_here)


def _found(
    questions: Questions,
    request: Request,
    now: float,
    node: NodeProfile,
    directory: Directory,
    is_beyond: Callable[[str], bool] | None,
    talks_here: Callable[[str], bool] | None,
) -> Facts:
    """A row for each fact; what was not asked costs a look at its question."""
    account = _pair(questions.account, directory.account)
    callee = _with_states(_pair(questions.callee, directory.party))
    return Facts(
        now=now,
        node=node,
        fresh_id=secrets.token_hex(12) if questions.fresh_id else "",
        nonce_used=_nonce_used(questions.nonce_use, request),
        # people and their domain
        account=account,
        callee=callee,
        caller=_pair(questions.caller, directory.party),
        named=_named(questions.named, directory),
        panel=_pair(questions.panel, partial(_panel, directory)),
        domains=_or_unknown(directory.domains) if questions.domains else {},
        schedules=_or_unknown(directory.schedules) if questions.rows else {},
        caller_lists=_or_unknown(directory.caller_lists) if questions.rows else {},
        rings=_or_unknown(directory.rings) if questions.rows else {},
        # their phones
        registered=ksr.is_registered(questions.registered) if questions.registered else UNKNOWN,
        bound=_bound(account, questions.account) if questions.bound and questions.account else (),
        callee6=questions.callee6 and isinstance(callee, Party) and ksr.is_reached_by_ipv6(callee.aor),
        messages_sent=int(ksr.shared_text(MESSAGES, questions.sent_by) or 0) if questions.sent_by else 0,
        # trunks
        routes=_or_unknown(lambda: directory.outbound(questions.outbound or "")) if questions.outbound else (),
        trunks=_or_unknown(directory.trunks) if questions.outbound else {},
        trunks_down=_down(questions.health),
        targets=_targets(questions.health),
        # calls that there are
        busy=_busy(account) if questions.busy else "",
        dialog=_dialog(questions.dialog, request, node) if questions.dialog else None,
        consulted=dialogs.note(questions.consulted) if questions.consulted else None,
        referred_by=ksr.shared_text(REFERRALS, questions.referred) or "" if questions.referred else "",
        ringing=_ringing(questions.ringing, now, node) if questions.ringing else (),
        # other nodes
        elsewhere=_elsewhere(account, callee, talks_here) if questions.elsewhere and talks_here else {},
        joined_at=_joined_at(account, questions.joined) if questions.joined else "",
        moving=questions.moving and ksr.shared_text(siblings.TABLE, MOVING) is not None,
        beyond=_beyond(callee, questions.beyond, directory, is_beyond),
    )


def trunk_at(address: str, port: int, directory: Directory) -> TrunkProfile | None:
    """The trunk that speaks from a place, as the trunk daemon wrote it into the node's shared memory."""
    key = ksr.shared_text(TRUNKS, speaks_from(address, port))
    if key is None:
        return None
    domain, _, name = key.partition(" ")
    directory.renew()
    trunks = _or_unknown(directory.trunks)
    trunk = None if trunks is UNKNOWN else trunks.get((domain, name))
    return trunk if trunk and trunk.enabled else None


def far_end_code(leg: str) -> int | None:
    """The mark that the outbound leg left on this node: the far end's final code."""
    mark = ksr.shared_text(LEGS, leg)
    return int(mark) if mark else None


def _named(question: tuple[str, str, str] | None, directory: Directory) -> Named | Unknown | None:
    """Who a number is, by a book; by a source outside where none knows it and the source has said so already."""
    if question is None:
        return None
    found = _or_unknown(lambda: directory.named(*question))
    return found or heardnames.read(ksr.shared_text(heardnames.TABLE, heardnames.key(*question[:2])))


def _with_states(callee: Party | Unknown | None) -> Party | Unknown | None:
    """What calls and phones say of somebody, behind what he says himself; asked only where a row may depend on it."""
    if not isinstance(callee, Party) or not callee.forwarding:
        return callee
    told = ksr.shared_text(STATES, callee.aor)
    return replace(callee, presence=(*callee.presence, *presence_of(told))) if told else callee


def _beyond(
    callee: Party | Unknown | None, caller: str | None, directory: Directory, is_beyond: Callable[[str], bool] | None
) -> Beyond | None:
    """How somebody is reached otherwise; where the directory does not answer, nothing is known of it."""
    if caller is None or is_beyond is None or not isinstance(callee, Party) or not is_beyond(callee.aor):
        return None
    user, at, domain = caller.partition("@")
    try:
        numbers = directory.outside_numbers(callee.domain, callee.extension)
        number = callee.caller_number if callee.caller_number in numbers else next(iter(numbers), "")
        return Beyond(number or "", directory.party(domain, user) if at else None)
    except StoreDown:
        return Beyond()


def _busy(account: Account | Unknown | None) -> str:
    """Whom the person of an account found busy last."""
    return ksr.shared_text(BUSY, account.party.aor) or "" if isinstance(account, Account) else ""


def _dialog(call_id: str, request: Request, node: NodeProfile) -> LiveDialog | None:
    """The note of a dialog; also one at a sibling, where a phone wants to take it."""
    found = dialogs.note(call_id)
    if found and node.spiral:
        return _with_keeps(found)
    return found or (elsewhere.note(call_id) if node.siblings and request.replaces else None)


def _ringing(domain: str, now: float, node: NodeProfile) -> tuple[LiveDialog, ...]:
    """The dialogs of a domain that ring, at any node."""
    here = dialogs.ringing(domain, now)
    if node.spiral:
        here = tuple(map(_with_keeps, here))
    return (*here, *elsewhere.ringing(domain, now)) if node.siblings else here


def _with_keeps(found: LiveDialog) -> LiveDialog:
    return replace(found, keeps=lateforks.is_kept(found.call_id))


def _elsewhere(
    account: Account | Unknown | None, callee: Party | Unknown | None, talks_here: Callable[[str], bool]
) -> Mapping[str, tuple[str, ...]]:
    """At which nodes caller and callee have calls, in this order."""
    parties = (account.party if isinstance(account, Account) else None, callee)
    return elsewhere.nodes(talks_here, *(one.aor for one in parties if isinstance(one, Party)))


def _joined_at(account: Account | Unknown | None, call_id: str) -> str:
    """The sibling at which the person of an account talks in this dialog."""
    return elsewhere.joined_at(account.party.aor, call_id) if isinstance(account, Account) else ""


def _down(domain: str | None) -> frozenset[str] | Unknown:
    """The trunks of a domain that the trunk daemon found down; it says so again and again, else nobody knows."""
    told = ksr.shared_text(HEALTH, domain) if domain else None
    return UNKNOWN if told is None else frozenset(told.split()) - {"."}


def _targets(domain: str | None) -> Mapping[str, tuple[Target, ...]]:
    """Where the trunks of a domain are reached that have names, as the trunk daemon last said."""
    return trunktargets.heard(ksr.shared_text(trunktargets.TABLE, domain) or "") if domain else {}


def _bound(account: Account | Unknown | None, asked: tuple[str, str]) -> tuple[Contact, ...]:
    """The contacts of an account's person; for an account that there is not, as much work."""
    domain, username = asked
    return ksr.bound_contacts(account.party.aor if isinstance(account, Account) else f"{username}@{domain}")


def _nonce_used(use: str | None, request: Request) -> bool:
    """A use of a nonce is spent, unless by this very request: then it is a retransmission."""
    if use is None:
        return False
    spent = ksr.shared_text(NONCES, use)
    return spent is not None and spent != request.fingerprint


def _panel(directory: Directory, domain: str, name: str) -> str | None:
    return f"{name}@{domain}" if (domain, name) in directory.panels() else None


def _pair(question: tuple[str, str] | None, look_up: Callable[[str, str], Answer | None]) -> Answer | Unknown | None:
    return None if question is None else _or_unknown(lambda: look_up(*question))


def _or_unknown(read: Callable[[], Answer]) -> Answer | Unknown:
    try:
        return read()
    except StoreDown as down:
        ksr.log("err", f"directory: {down}")
        return UNKNOWN
