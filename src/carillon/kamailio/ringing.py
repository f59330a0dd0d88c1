"""Ringing the phones of a person: the first ones, those after them, and the one that another node asks for."""

from __future__ import annotations

from carillon.kamailio import ksr, media, rings
from carillon.kamailio.means import MEMO, NobodyThere
from carillon.kamailio.routes import Callback
from carillon.kamailio.sending import sent
from carillon.kamailio.siblings import Siblings
from carillon.routing.decision import Ring, RingFlow
from carillon.routing.forking import step_s
from carillon.routing.memo import Memo
from carillon.routing.sibling import FLOW_FAILED


def find_contacts(ring: Ring, siblings: Siblings | None) -> None:
    if not ksr.look_up_contacts(ring.aor):
        raise NobodyThere(ring.aor)
    if siblings:
        siblings.watch(ring.aor)
    ksr.arrange_contacts(ring.aor)


def ring(asked: Ring, *, recorded: bool) -> None:
    """A phone on TCP or TLS is reached by its own connection or not at all: behind a NAT nobody answers a new one."""
    media.watch_branches(recorded=recorded)
    ksr.use_open_connections()
    if not sent(step_s(asked.ring_s, ksr.later_groups()), asked.silence_s):
        raise media.RelayDown(asked.aor) if media.some_left_out() else NobodyThere(asked.aor)


def ring_next(aor: str, ring_s: float, silence_s: float, siblings: Siblings | None) -> None:
    """Those that cannot be reached at all are passed over."""
    recorded = bool(Memo.parse(ksr.text(MEMO)).recording)
    while ksr.next_group():
        media.watch_branches(recorded=recorded)
        rings.tell_next()
        if siblings:
            siblings.watch_next()
        ksr.use_open_connections()
        if sent(ring_s, silence_s):
            return
    raise NobodyThere(aor)


def ring_flow(ring: RingFlow) -> None:
    """As in `_ring`, for the node of the call, which hears at once that the phone can't be reached."""
    way = ring.flow
    ksr.send_by(way.contact, way.received, way.path, way.socket)
    if not way.path:
        ksr.use_open_connections()
    ksr.set_callbacks(Callback.HOME_REPLY, Callback.HOME_FAILURE)
    ksr.set_timers(ring.answer_s, ring.silence_s)
    if not ksr.relay():
        ksr.reply(FLOW_FAILED, "Flow Failed")
