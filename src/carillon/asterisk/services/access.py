"""The access number: a person of ours, at a telephone outside, types whom he wants to call."""

from __future__ import annotations

from typing import Final

from carillon.asterisk.call import Call
from carillon.asterisk.dial import alone
from carillon.asterisk.mailbox import PIN_LENGTH, TRIES, knows_pin
from carillon.routing import access
from carillon.routing.access import Wanted
from carillon.routing.decision import Claim
from carillon.routing.facts import Slots
from carillon.sip.private import Kind
from carillon.stores.ports import Party, StoreDown

DIGITS: Final = "0123456789*"
NUMBER_LENGTH: Final = 24
ASKS: Final = ("vm-enter-num-to-call", "astcc-followed-by-the-pound-key")
HELLO: Final = ("hello", *ASKS)
NO_NUMBER: Final = "privacy-incorrect"
NOT_ALLOWED: Final = "feature-not-avail-line"
TOO_MANY: Final = "simul-call-limit-reached"
FAILED: Final = {
    **dict.fromkeys((486, 600), ("telephone-number", "is-in-use")),
    **dict.fromkeys((408, 480), ("number-not-answering",)),
    **dict.fromkeys((404, 484, 604), (NO_NUMBER,)),
}
"""What a caller hears of a call that failed, by its code; of any other one that it can't be completed."""
OTHERWISE: Final = ("cannot-complete-as-dialed",)


async def run(call: Call) -> None:
    """Three numbers at most, until one answers. `argument` is the caller's number, of a trunk that we believe."""
    party = access.person(call.domain, call.argument, call.directory)
    if party is None:
        print(f"access: {call.argument or call.caller} is refused in {call.domain}", flush=True)
        await call.refuses(*access.REFUSED)
        return
    await call.answer()
    said: tuple[str, ...] = HELLO
    has_pin = False
    for _ in range(TRIES):
        want = access.wanted(await _typed(call, *said), party, call.directory)
        if want is None:
            _logs(call, party, "no number")
            said = (NO_NUMBER, *ASKS)
            continue
        if want.needs_pin and not has_pin:
            has_pin = await _proves(call, party, want)
            if not has_pin:
                said = ("vm-incorrect",)
                break
        said = (*await _fails(call, party, want), *ASKS)
    await call.plays(*(sound for sound in said if sound not in ASKS), "vm-goodbye")


async def _typed(call: Call, *sounds: str) -> str:
    """What is typed, up to a `#` or a pause; the first key ends what is said."""
    first = await call.plays(*sounds[:-1], keys=f"{DIGITS}#")
    if first == "#":
        return ""
    return first + await call.asks("silence/1" if first else sounds[-1], NUMBER_LENGTH - len(first))


async def _proves(call: Call, party: Party, want: Wanted) -> bool:
    """Whether he knows the person's PIN, which is that of the mailbox; with its limit of wrong ones."""
    _logs(call, party, f"asked for the PIN for {want.called}")
    for sound in ("agent-pass", *["auth-incorrect"] * (TRIES - 1)):
        if await knows_pin(call, party.extension, await call.asks(sound, PIN_LENGTH)):
            return True
    return False


async def _fails(call: Call, party: Party, want: Wanted) -> tuple[str, ...]:
    """Make the call, as by himself at his desk; what is said when nobody took it."""
    if not access.may(party, want):
        _logs(call, party, f"may not call {want.called}")
        return (NOT_ALLOWED,)
    if not want.is_emergency and _is_full(call, party):
        _logs(call, party, f"too many calls for {want.called}")
        return (TOO_MANY,)
    _logs(call, party, f"calls {want.called}")
    for header, value in access.headers(party, want).items():
        await call.sets(f"_{header.name}", value)
    await call.sets("CALLERID(all)", f'"{party.name}" <{party.extension}>')
    await call.sets("PARTY", party.aor)
    await call.sets("PARTY_ORIGIN", "internal")
    via = await call.variable("VIA")
    await call.sets("VIA", via.replace(f"{Kind.TRUNK}:", f"{Kind.MOBILE}:", 1))
    await alone(call, want.called)
    code = await call.variable("CODE")
    await call.sets("CODE", "")
    _logs(call, party, f"got {code} from {want.called}")
    return FAILED.get(int(code), OTHERWISE)


def _logs(call: Call, party: Party, what: str) -> None:
    """For who wonders what was done in somebody's name; never a PIN."""
    print(f"access: {party.aor} at {call.argument}: {what}", flush=True)


def _is_full(call: Call, party: Party) -> bool:
    """Whether he, his group or his domain has as many calls as there may be; without Redis nobody is refused."""
    if not party.limits:
        return False
    try:
        slots: Slots = call.counts.claim(Claim(call.leg, party.limits))
    except StoreDown as down:
        print(f"access: {down}", flush=True)
        return False
    return slots.full is not None
