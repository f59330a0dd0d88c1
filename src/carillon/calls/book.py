"""All calls that are up: Asterisk's events in, what they mean for people out. Pure: no clock, no connection.

Each event says all of its channel, so one that is lost is made good by the next one; `resync` by all channels at once.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from carillon.calls.ami import Message
from carillon.calls.channels import Channel, channel_in
from carillon.calls.events import CallBegan, CallChanged, CallEnded, CallEvent, PersonBusy, PersonFree
from carillon.calls.livecall import LiveCall, call_of

REMEMBERED = 2000
"""Channels that have ended, of which late news is not believed."""


class Book:
    """Channels by id, calls by the leg that names them. `is_known` once it was told of everything."""

    def __init__(self) -> None:
        self._channels: dict[str, Channel] = {}
        self._by_leg: defaultdict[str, set[str]] = defaultdict(set)
        self._by_bridge: defaultdict[str, set[str]] = defaultdict(set)
        self._calls: dict[str, LiveCall] = {}
        self._legs_of: defaultdict[str, set[str]] = defaultdict(set)
        self._gone: OrderedDict[str, None] = OrderedDict()
        self.is_known = False

    @property
    def calls(self) -> Mapping[str, LiveCall]:
        """Every call by its leg."""
        return self._calls

    def calls_of(self, aor: str) -> tuple[LiveCall, ...]:
        """The calls of a person, also those that only ring at his phones, the oldest first."""
        found = (self._calls[leg] for leg in self._legs_of.get(aor, ()))
        return tuple(sorted(found, key=lambda call: (call.since, call.leg)))

    def call_with(self, leg: str) -> LiveCall | None:
        """The call to which a leg belongs, whatever it is named."""
        id = next(iter(self._by_leg.get(leg, ())), None)
        return self._calls[call_of(map(self._at, self._together(id))).leg] if id else None

    def feed(self, message: Message) -> list[CallEvent]:
        """What one of Asterisk's events means."""
        if message.get("Event") == "Hangup":
            return self._settle(self._forget(message.get("Uniqueid", "")))
        found = [channel_in(message)]
        if "DestUniqueid" in message:
            found.append(channel_in(message, other=True))
        touched: set[str] = set()
        for channel in found:
            if channel is not None and channel.id not in self._gone:
                touched |= self._put(self._bridged(channel, message))
        return self._settle(touched) if touched else []

    def resync(self, channels: Iterable[Message]) -> list[CallEvent]:
        """Nothing counts but these channels, all that Asterisk has (its answer to Status)."""
        return self.hold(self._all(channels).values())

    def hold(self, channels: Iterable[Channel]) -> list[CallEvent]:
        """Nothing counts but these channels."""
        told, self.is_known = {one.id: one for one in channels}, True
        touched: set[str] = set()
        for id in self._channels.keys() - told.keys():
            touched |= self._forget(id)
        for channel in told.values():
            if self._channels.get(channel.id) != channel:
                touched |= self._put(channel)
        return self._settle(touched)

    def differing(self, channels: Iterable[Message]) -> dict[str, frozenset[str]]:
        """The channels of which `resync` would learn something, and of each the people in its call."""
        told = self._all(channels)
        ids = [id for id in self._channels.keys() | told.keys() if self._channels.get(id) != told.get(id)]
        return {id: self._people_around(id) | ({told[id].person} - {""} if id in told else set()) for id in ids}

    def _all(self, channels: Iterable[Message]) -> dict[str, Channel]:
        """What a list of everything says; where a channel once was with others, which no list tells, is remembered."""
        told = [one for one in map(channel_in, channels) if one is not None]
        joined = {id for id, one in self._channels.items() if one.joined}
        return {one.id: replace(one, joined=one.joined or one.id in joined) for one in told}

    def _people_around(self, id: str) -> frozenset[str]:
        around = map(self._at, self._together(id)) if id in self._channels else ()
        return frozenset(one.person for one in around if one.person)

    def _bridged(self, channel: Channel, message: Message) -> Channel:
        """Only news of bridges says where a channel talks; from the others it is where it was."""
        before = self._channels.get(channel.id)
        match message.get("Event"):
            case "BridgeEnter":
                return channel
            case "BridgeLeave":
                return replace(channel, bridge="", joined=True)
            case _:
                bridge, joined = (before.bridge, before.joined) if before else ("", False)
                return replace(channel, bridge=bridge, joined=joined)

    def _put(self, channel: Channel) -> set[str]:
        """Keep a channel; returns the legs of all calls that this may touch."""
        legs = self._legs_around(channel.id) if channel.id in self._channels else set()
        self._unlist(channel.id)
        self._channels[channel.id] = channel
        self._by_leg[channel.leg].add(channel.id)
        if channel.bridge:
            self._by_bridge[channel.bridge].add(channel.id)
        return legs | self._legs_around(channel.id)

    def _forget(self, id: str) -> set[str]:
        """A channel has ended; returns the legs of its call."""
        self._gone[id] = None
        if len(self._gone) > REMEMBERED:
            self._gone.popitem(last=False)
        if id not in self._channels:
            return set()
        legs = self._legs_around(id)
        self._unlist(id)
        del self._channels[id]
        return legs

    def _unlist(self, id: str) -> None:
        channel = self._channels.get(id)
        if channel is None:
            return
        for index, key in ((self._by_leg, channel.leg), (self._by_bridge, channel.bridge)):
            index[key].discard(id)
            if not index[key]:
                del index[key]

    def _at(self, id: str) -> Channel:
        return self._channels[id]

    def _together(self, id: str) -> set[str]:
        """All channels of the call that a channel is in."""
        found, left = {id}, [id]
        while left:
            channel = self._channels[left.pop()]
            near = self._by_leg[channel.leg] | (self._by_bridge[channel.bridge] if channel.bridge else set())
            left += near - found
            found |= near
        return found

    def _legs_around(self, id: str) -> set[str]:
        return {self._channels[one].leg for one in self._together(id)}

    def _settle(self, legs: set[str]) -> list[CallEvent]:
        """Compare the calls with these legs with what was known of them."""
        before = {leg: self._calls[leg] for leg in legs if leg in self._calls}
        after: dict[str, LiveCall] = {}
        seen: set[str] = set()
        for id in {id for leg in legs for id in self._by_leg.get(leg, ())}:
            if id not in seen:
                together = self._together(id)
                seen |= together
                call = call_of(map(self._at, together))
                after[call.leg] = call
        return [*_differences(before, after), *self._keep(before, after)]

    def _keep(self, before: Mapping[str, LiveCall], after: Mapping[str, LiveCall]) -> Iterator[CallEvent]:
        """Write the calls down, and tell of each person who had none, or has none."""
        people = {aor for call in (*before.values(), *after.values()) for aor in call.people}
        had = {aor for aor in people if self._legs_of.get(aor)}
        for leg, call in before.items():
            del self._calls[leg]
            for aor in call.people:
                self._legs_of[aor].discard(leg)
        for leg, call in after.items():
            self._calls[leg] = call
            for aor in call.people:
                self._legs_of[aor].add(leg)
        for aor in sorted(people):
            has = bool(self._legs_of[aor])
            if not has:
                del self._legs_of[aor]
            if has != (aor in had):
                yield PersonBusy(aor) if has else PersonFree(aor)


def _differences(before: Mapping[str, LiveCall], after: Mapping[str, LiveCall]) -> Iterator[CallEvent]:
    for leg in sorted(before.keys() - after.keys()):
        yield CallEnded(before[leg])
    for leg in sorted(after):
        if leg not in before:
            yield CallBegan(after[leg])
        elif before[leg] != after[leg]:
            yield CallChanged(before[leg], after[leg])
