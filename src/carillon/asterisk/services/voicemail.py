"""Leaving a message: a greeting, a tone, and whatever the caller says until he hangs up or presses a key."""

from __future__ import annotations

from carillon.asterisk.call import Call
from carillon.asterisk.mailbox import SHORTEST_S, Mailbox, opened
from carillon.model.refused import Refused
from carillon.stores.mailboxes import Mail, MailState

BUSY = "reason=user-busy"


async def run(call: Call) -> None:
    """Take a message for the mailbox `argument`. It is kept whatever happens to the call."""
    try:
        mailbox = opened(call, call.argument)
    except Refused:
        await call.refuses(404, "Not Found", f"There is no mailbox {call.argument}")
        return
    if len(mailbox.messages()) >= mailbox.settings.most:
        await call.plays("vm-mailboxfull", "vm-goodbye")
        return
    await _greets(mailbox)
    await _takes(mailbox)
    await call.plays("vm-msgsaved", "vm-goodbye")


async def _greets(mailbox: Mailbox) -> None:
    """The own greeting, for busy or else; or that the person is not there. `#` goes straight to the tone."""
    call = mailbox.call
    busy = BUSY in await call.variable("PJSIP_HEADER(read,Diversion)")
    for kind in ("busy", "unavailable") if busy else ("unavailable",):
        own = mailbox.store.greeting(call.domain, mailbox.extension, kind)
        if own.exists():
            await call.plays(str(own.with_suffix("")), keys="#")
            return
    pressed = await call.plays("vm-theperson", keys="#") or await call.says_digits(mailbox.extension, keys="#")
    if not pressed:
        await call.plays("vm-isonphone" if busy else "vm-isunavail", "vm-intro", keys="#")


async def _takes(mailbox: Mailbox) -> None:
    call, store = mailbox.call, mailbox.store
    name = await call.variable("CALLERID(name)")
    draft = store.begin(call.domain, mailbox.extension, call.extension, name)
    try:
        await call.records(store.draft_sound(draft).with_suffix(""), mailbox.settings.longest_s)
    finally:
        to = mailbox.settings.email
        mail = Mail(MailState.WAITING, to) if to and call.postman.is_needed else Mail()
        message = store.deliver(draft, mail, SHORTEST_S)
        if message is not None:
            call.postman.takes(message)
