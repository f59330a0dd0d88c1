"""A call as people count it: all channels that belong together by a leg, or that talk with each other. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from carillon.calls.channels import Channel, State
from carillon.presence.grouplamps import GROUP
from carillon.stores.tracewire import short_id


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call that Asterisk has. `leg` is its name: that of its oldest channel; `legs` are all that joined it.

    `caller` and `called` are as the call was made; who is in it now are `people` (addresses of record), and `trunks`
    (`name@domain`) by which others are reached. A person whose phones ring is among them as Asterisk knows him: where
    he forwards to, only once that one answers. `since` is a Unix time.
    """

    leg: str
    caller: str
    called: str
    state: State
    since: float
    people: frozenset[str]
    trunks: frozenset[str]
    legs: frozenset[str]
    channels: tuple[Channel, ...]

    @property
    def id(self) -> str:
        """What people type for it."""
        return short_id(self.leg)

    @property
    def is_settled(self) -> bool:
        """Whether everybody whose phone rang has answered or is gone."""
        return all(one.joined or one.state is State.UP for one in self.channels)

    @property
    def groups(self) -> frozenset[str]:
        """The ring groups whose members are in it, or rung by it, as `group_address` writes them."""
        return frozenset(group_address(one) for one in self.channels[1:] if one.ring_group and one.person)

    @property
    def talking(self) -> frozenset[str]:
        """The people who are joined with others, or who make the call; not those whose phones only ring."""
        return frozenset(one.person for one in self.channels if one.person and _is_sure(one))


def call_of(channels: Iterable[Channel]) -> LiveCall:
    """The call that these channels make; there is at least one."""
    ordered = tuple(sorted(channels, key=lambda one: one.order))
    first = ordered[0]
    return LiveCall(
        *(first.leg, first.caller, first.called, _state(ordered), first.began),
        frozenset(one.person for one in ordered if one.person),
        frozenset(one.trunk for one in ordered if one.trunk),
        frozenset(one.leg for one in ordered),
        ordered,
    )


def group_address(member: Channel) -> str:
    """How calls of the group that has rung this member are told of; it is nobody's address."""
    return f"{GROUP}{member.ring_group}@{member.party.partition('@')[2]}"


def _is_sure(channel: Channel) -> bool:
    return channel.joined or channel.party == channel.caller


def _state(channels: Iterable[Channel]) -> State:
    states = {one.state for one in channels}
    return next((state for state in (State.RINGING, State.UP) if state in states), State.CALLING)
