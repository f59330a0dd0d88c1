"""The calls that are up, as Asterisk says: it is the truth, traces only add to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from carillon.calls.ami import Manager, Message, NoAnswer
from carillon.stores.tracewire import short_id

CALL_ID = "CHANNEL(pjsip,call-id)"
_ASKED = ("LEG", "CALLER", "CALLED", CALL_ID)
_CLEARED, _UNANSWERED = "16", "19"
"""Q.850 causes: a call that was up has ended; one that wasn't is told 480."""


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call. `state` is `calling`, `ringing` or `up`; `since` Unix time; Call-IDs of inbound and outbound leg."""

    id: str
    leg: str
    caller: str
    called: str
    state: str
    since: float
    call_ids: tuple[str | None, str | None]
    channels: tuple[str, ...]

    def answers_to(self, name: str) -> bool:
        """Whether `name` is its short id or one of its Call-IDs."""
        return name.lower() == self.id or name in self.call_ids


def live_calls(manager: Manager) -> list[LiveCall]:
    """Every call, oldest first. Raises NoAnswer."""
    by_call: dict[str, list[Message]] = {}
    for channel in manager.events("Status", "Status", Variables=",".join(_ASKED)):
        by_call.setdefault(_said(channel, "LEG") or channel.get("Linkedid", ""), []).append(channel)
    return sorted((_call(channels) for channels in by_call.values()), key=lambda call: (call.since, call.id))


def hang_up(manager: Manager, name: str) -> LiveCall | None:
    """End the call of this short id or Call-ID for everybody in it; which one that was, None when there is none."""
    call = next((each for each in live_calls(manager) if each.answers_to(name)), None)
    if call:
        _end(manager, call)
    return call


def _end(manager: Manager, call: LiveCall) -> None:
    """A channel that has just ended by itself is none to complain about."""
    cause = _CLEARED if call.state == "up" else _UNANSWERED
    for channel in call.channels:
        try:
            manager.ask("Hangup", Channel=channel, Cause=cause)
        except NoAnswer as refused:
            if "No such channel" not in str(refused):
                raise


def _call(channels: list[Message]) -> LiveCall:
    inbound, outbound = _sides(channels)
    leg = _said(inbound, "LEG").partition("-")[0]
    return LiveCall(
        id=short_id(leg) if leg else inbound.get("Uniqueid", ""),
        leg=leg,
        caller=_said(inbound, "CALLER") or inbound.get("CallerIDNum", ""),
        called=_said(inbound, "CALLED") or inbound.get("Exten", ""),
        state=_state(inbound, outbound),
        since=_began(inbound),
        call_ids=(_said(inbound, CALL_ID) or None, next((_said(each, CALL_ID) for each in outbound), None)),
        channels=tuple(each["Channel"] for each in (inbound, *outbound)),
    )


def _sides(channels: list[Message]) -> tuple[Message, list[Message]]:
    """The channel that came in, which gave the call its linked id, and those that it made."""
    ordered = sorted(channels, key=lambda each: (each.get("Uniqueid") != each.get("Linkedid"), _began(each)))
    return ordered[0], ordered[1:]


def _state(inbound: Message, outbound: Iterable[Message]) -> str:
    states = {each.get("ChannelStateDesc") for each in outbound}
    if inbound.get("ChannelStateDesc") == "Up":
        return "up"
    return "ringing" if "Ringing" in states else "calling"


def _said(channel: Message, variable: str) -> str:
    return channel.get(f"Variable {variable}", "")


def _began(channel: Message) -> float:
    seconds, _, _ = channel.get("Uniqueid", "").partition(".")
    return float(seconds) if seconds.isdigit() else 0.0
