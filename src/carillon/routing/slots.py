"""What becomes of places that a leg has claimed: kept in its memo while somebody is called, given back when not."""

from __future__ import annotations

from dataclasses import replace

from carillon.routing.decision import Decision, Relay, ReleaseSlots, Ring, RingNext, Trunk
from carillon.routing.facts import Slots, Unknown
from carillon.routing.memo import Memo


def with_slots(decision: Decision, slots: Slots | Unknown | None, left: tuple[Slots, ...] = ()) -> Decision:
    """The decision of a main route that has claimed `slots`, and those `left` for people who sent the call on."""
    own = slots if isinstance(slots, Slots) else None
    if own is None and not left:
        return decision
    calls = isinstance(decision.outcome, Relay | Ring | Trunk)
    if own and calls and decision.memo:
        decision = replace(decision, memo=replace(decision.memo, slots=_names(own)))
    kept = {str(limit) for limit in own.asked} if own and calls else set()
    gone = (*left, *((own,) if own and not calls else ()))
    names = tuple(dict.fromkeys(name for each in gone for name in _names(each) if name not in kept))
    if not names:
        return decision
    return replace(decision, effects=(*decision.effects, ReleaseSlots(gone[0].leg, names)))


def after_failure(decision: Decision, memo: Memo) -> Decision:
    """The decision of a failure route: places are kept only while the leg tries on, and a trunk is asked once more."""
    if not memo.slots or isinstance(decision.outcome, Relay | RingNext | Trunk):
        return decision
    return replace(decision, effects=(*decision.effects, ReleaseSlots(memo.leg_id, memo.slots)))


def _names(slots: Slots) -> tuple[str, ...]:
    return tuple(str(limit) for limit in slots.taken)
