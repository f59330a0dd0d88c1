"""Ring groups: who is called in which order, and what the caller gets when nobody takes the call.

The members are called by Asterisk, each by an outbound leg of its own, so that the state of each one counts; their own
forwarding does not. `asterisk/services/group` does what is decided here, and so does the simulated world.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from carillon.stores.ports import GroupProfile

ALL: Final = "all"
IN_TURN: Final = "in-turn"
BUSY: Final = frozenset({486, 600})
DECLINED: Final = 603
LONGEST_S: Final = 300
"""A member's phone rings as long as Asterisk lets it, and never longer than this."""


def rounds(group: GroupProfile) -> tuple[tuple[str, ...], ...]:
    """The members that are called together, one round after the other."""
    if group.ring == IN_TURN:
        return tuple((member,) for member in group.members)
    return (group.members,) if group.members else ()


def ended(name: str, codes: Sequence[int], *, rang: bool) -> tuple[int, str, str]:
    """Code, reason and a Warning for the caller of a group that nobody answered for.

    `codes` are what the members' legs ended with; `rang` says that some phone rang in vain.
    """
    if rang or not codes:
        why = f"Nobody of {name} answered" if rang else f"{name} has no members"
        return 480, "Temporarily Unavailable", why
    if any(code in BUSY for code in codes):
        return 486, "Busy Here", f"Everybody of {name} is busy"
    if all(code == DECLINED for code in codes):
        return 603, "Decline", f"Nobody of {name} wants the call"
    return 480, "Temporarily Unavailable", f"Nobody of {name} is there"


def described(group: GroupProfile) -> str:
    """What happens to a call, in words: `rings group sales: 101, 102 at once for 20 s, then voicemail:100`."""
    way = "in turn" if group.ring == IN_TURN else "at once"
    who = f"{', '.join(group.members)} {way} for {group.ring_s} s" if group.members else "nobody"
    return f"rings group {group.name}: {who}" + (f", then {group.then}" if group.then else "")
