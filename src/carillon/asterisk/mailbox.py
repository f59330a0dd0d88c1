"""Hearing a mailbox: its messages one by one, its greetings, its PIN. What the keys do is as people know it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from carillon.asterisk.call import ANY_KEY, Call
from carillon.model.refused import Refused
from carillon.provisioning.timezones import country_timezone
from carillon.stores.mailboxes import Mailboxes, Message, length_s
from carillon.stores.ports import StoreDown
from carillon.stores.servicesettings import MailboxProfile

TRIES = 3
PIN_LENGTH = 12
GREETING_S = 120
SHORTEST_S = 1.0
MENU = ("vm-prev", "vm-repeat", "vm-next", "vm-delete")
RECEIVED = "ABdIMp"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Somebody's mailbox; its owner's `country` (ISO 3166-1 alpha-2) says which time it tells."""

    call: Call
    extension: str
    settings: MailboxProfile
    country: str

    @property
    def address(self) -> str:
        """`102@example.org`."""
        return f"{self.extension}@{self.call.domain}"

    @property
    def store(self) -> Mailboxes:
        """Where the messages are."""
        return self.call.mailboxes

    def messages(self) -> list[Message]:
        """New ones first, the oldest first."""
        return sorted(self.store.messages(self.call.domain, self.extension), key=lambda one: one.heard)


def opened(call: Call, extension: str) -> Mailbox:
    """The mailbox of an extension, whether the truth can be asked or not; raises `Refused` when there is none."""
    try:
        owner = call.directory.party(call.domain, extension)
        if owner is None or owner.service or owner.extension != extension:
            raise Refused("extension", f"there is no mailbox {extension}.")
        return Mailbox(call, extension, call.directory.mailbox(call.domain, extension), owner.site.country)
    except StoreDown as down:
        raise Refused("voicemail", f"can't be read: {down}.") from down


async def knows_pin(call: Call, extension: str, pin: str) -> bool:
    """Whether a PIN opens a mailbox; too many wrong ones close it for a while."""
    mailbox, guesses = f"{extension}@{call.domain}", call.guesses
    right = bool(await call.questions("voicemail pin", mailbox, pin))
    if guesses.is_closed(mailbox):
        print(f"voicemail: {mailbox} is closed after too many wrong PINs, tried by {call.caller}", flush=True)
        return False
    if right:
        guesses.right(mailbox)
    else:
        guesses.wrong(mailbox)
        print(f"voicemail: a wrong PIN for {mailbox}, by {call.caller}", flush=True)
    return right


async def listens(mailbox: Mailbox) -> None:
    """Say how many messages there are, then each; until `#`, `*` or the end."""
    call, messages = mailbox.call, mailbox.messages()
    key = await _says_counts(call, messages)
    place = 0
    while key not in ("#", "*"):
        if key == "0" or not messages:
            key = await _options(mailbox)
            if not messages:
                break
            continue
        key = await _plays(mailbox, messages[place], place)
        while key not in ("#", "*", "0"):
            moved = await _obeys(mailbox, messages, place, key)
            if moved is None:
                key = await _asks(call)
                continue
            place = moved
            if not messages:
                await call.plays("vm-nomore")
            break
        else:
            continue
        key = ""
    await call.plays("vm-goodbye")


async def _obeys(mailbox: Mailbox, messages: list[Message], place: int, key: str) -> int | None:
    """Do what a key says; the place of the message that is played next, None to ask for another key."""
    call = mailbox.call
    if key in ("1", "5"):
        return place
    if key == "7":
        mailbox.store.remove(messages.pop(place))
        await call.plays("vm-deleted")
        return min(place, len(messages) - 1) if messages else 0
    if key in ("4", "6"):
        wanted = place + (1 if key == "6" else -1)
        if 0 <= wanted < len(messages):
            return wanted
        await call.plays("vm-nomore")
    return None


async def _says_counts(call: Call, messages: list[Message]) -> str:
    new = sum(not one.heard for one in messages)
    old = len(messages) - new
    key = await call.plays("vm-youhave", keys=ANY_KEY)
    if not messages:
        return key or await call.plays("vm-no", "vm-messages", keys=ANY_KEY)
    for count, word in ((new, "vm-INBOX"), (old, "vm-Old")):
        if count and not key:
            joined = ("vm-and",) if word == "vm-Old" and new else ()
            key = await call.plays(*joined, keys=ANY_KEY) if joined else ""
            key = key or await call.says_number(count, keys=ANY_KEY)
            key = key or await call.plays(word, "vm-message" if count == 1 else "vm-messages", keys=ANY_KEY)
    return "" if key not in ("0", "#", "*") else key


async def _plays(mailbox: Mailbox, message: Message, place: int) -> str:
    """Number, time and caller of a message, then what was said; the key that was pressed, also after it."""
    call = mailbox.call
    key = await call.plays("vm-message", keys=ANY_KEY) or await call.says_number(place + 1, keys=ANY_KEY)
    key = key or await call.plays("vm-received", keys=ANY_KEY)
    key = key or await call.says_time(message.at, country_timezone(mailbox.country), ANY_KEY, RECEIVED)
    if not key and message.caller.lstrip("+").isdigit():
        key = await call.plays("vm-from-phonenumber", keys=ANY_KEY)
        key = key or await call.says_digits(message.caller.lstrip("+"), keys=ANY_KEY)
    if key in ("", "1", "5"):
        key = await call.plays(str(mailbox.store.sound(message).with_suffix("")), keys=ANY_KEY)
    if not message.heard:
        mailbox.store.change(message, heard=True)
    return key or await _asks(call)


async def _asks(call: Call) -> str:
    for _ in range(TRIES):
        key = await call.plays(*MENU, keys=ANY_KEY) or await call.waits_for_key()
        if key:
            return key
    return "#"


async def _options(mailbox: Mailbox) -> str:
    """Greetings and the PIN; the key that ends it."""
    call = mailbox.call
    for _ in range(2 * TRIES):
        key = await call.plays("vm-options", keys=ANY_KEY) or await call.waits_for_key()
        match key:
            case "1" | "2":
                await _records_greeting(mailbox, "unavailable" if key == "1" else "busy")
            case "5":
                await _changes_pin(mailbox)
            case "*":
                return ""
            case "#" | "":
                return "#"
            case _:
                await call.plays("beeperr")
    return "#"


async def _records_greeting(mailbox: Mailbox, kind: str) -> None:
    """Record a greeting, which counts from its end on; a recording too short takes the own one away."""
    call = mailbox.call
    whose = call.domain, mailbox.extension, kind
    fresh = mailbox.store.root / "drafts" / f"greeting-{mailbox.extension}-{int(time.time() * 1000)}.wav"
    fresh.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    await call.plays("vm-rec-unv" if kind == "unavailable" else "vm-rec-busy")
    await call.records(fresh.with_suffix(""), GREETING_S)
    if length_s(fresh) < SHORTEST_S:
        fresh.unlink(missing_ok=True)
        mailbox.store.remove_greeting(*whose)
        await call.plays("vm-tooshort")
        return
    mailbox.store.keep_greeting(*whose, fresh)
    await call.plays("vm-msgsaved")


async def _changes_pin(mailbox: Mailbox) -> None:
    call = mailbox.call
    pin = await call.asks("vm-newpassword", PIN_LENGTH)
    if await call.asks("vm-reenterpassword", PIN_LENGTH) != pin:
        await call.plays("vm-mismatch")
        return
    try:
        await call.changes("voicemail pin set", mailbox.address, pin or "-")
    except Refused:
        await call.plays("vm-invalid-password")
        return
    await call.plays("vm-passchanged")
