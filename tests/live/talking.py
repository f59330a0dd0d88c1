"""Two hand-made agents in a call, message by message."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.phones.compose import Headers
from tests.phones.dialog import Dialog
from tests.phones.message import Message
from tests.phones.raw import PATIENCE, RawAgent


def calls(caller: RawAgent, uri: str, headers: Headers = (), routes: Sequence[str] = ()) -> Message:
    """Call as far as the INVITE with credentials; give it as sent."""
    invite = caller.invite(uri, headers, routes)
    invite = caller.with_credentials(invite, caller.exchange(invite))
    caller.send(invite)
    return invite


def final(caller: RawAgent, invite: Message, timeout: float = PATIENCE) -> Message:
    """The final answer to an INVITE."""
    key = (invite.header("Call-ID"), invite.cseq)

    def fits(each: Message) -> bool:
        return (each.code or 0) >= 200 and (each.header("Call-ID"), each.cseq) == key

    return caller.await_message(fits, timeout, "a final answer")


def talk(caller: RawAgent, callee: RawAgent, headers: Headers = ()) -> tuple[Dialog, Dialog]:
    """A call that was answered, as each side sees it; `headers` are in every message of both."""
    invite = calls(caller, f"sip:{callee.user}@{callee.domain}", headers)
    received = callee.expect("INVITE")
    callee.respond(received, 180, headers=[("Contact", f"<{callee.contact}>"), *headers])
    accepted = callee.accept(received, headers)
    mine = Dialog.called(caller, invite, final(caller, invite))
    mine.ack()
    callee.expect("ACK")
    return mine, Dialog.answered(callee, received, accepted)


def reinvites(side: Dialog, headers: Headers) -> int:
    """Offer anew, and again while the other side has not seen the ACK of the call (491, RFC 3261 §14.1)."""
    for _ in range(20):
        invite = side.request("INVITE", headers=headers, body=side.agent.offer())
        side.agent.send(invite)
        code = final(side.agent, invite).code
        if code != 491:
            break
    return int(code or 0)


def hangs_up(side: Dialog, other: Dialog) -> None:
    """One side says BYE, and the other one gets it."""
    assert side.bye().code == 200
    other.agent.respond(other.agent.expect("BYE"), 200)


def a_call_works(caller: RawAgent, callee: RawAgent) -> None:
    """A call goes through and ends."""
    hangs_up(*talk(caller, callee))


def a_call_rings(caller: RawAgent, callee: RawAgent) -> bool:
    """Whether a call made now rings, instead of being refused or lost; it is declined."""
    callee.forget()
    invite = caller.invite(f"sip:{callee.user}@{callee.domain}")
    try:
        invite = caller.with_credentials(invite, caller.exchange(invite, 1))
    except TimeoutError:
        return False
    caller.send(invite)
    for _ in range(20):
        if received := heard(callee, lambda each: each.code is None and each.method == "INVITE"):
            callee.respond(received, 486)
            return final(caller, invite).code == 486
        if heard(caller, lambda each: (each.code or 0) >= 200 and each.cseq == invite.cseq):
            return False
    return False


def heard(agent: RawAgent, fits: Callable[[Message], bool]) -> Message | None:
    """A message that fits, if it comes at once."""
    try:
        return agent.await_message(fits, 0.1, "it")
    except TimeoutError:
        return None


def got_nothing(victim: RawAgent, caller: RawAgent) -> bool:
    """Whether no request has come to `victim`: that of an honest call, made now, is the first one."""
    invite = calls(caller, f"sip:{victim.user}@{victim.domain}")
    received = victim.expect("INVITE")
    victim.respond(received, 486)
    assert final(caller, invite).code == 486
    honest = received.header("Call-ID")
    return all(each.header("Call-ID") == honest for each in victim.seen if each.code is None)
