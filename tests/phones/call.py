"""A call in a test's hand, seen from one phone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.phones.journal import Event
from tests.phones.message import Message
from tests.phones.remote import Remote

PATIENCE = 30.0  # seconds that a verb waits, unless told otherwise


@dataclass(frozen=True)
class Ended:
    """How a call ended: the code and reason that the person gets; 200 after an answered call's BYE.

    `response_text` is the whole message that ended it: the final response, or the BYE or CANCEL of the other
    side; "" when the phone itself gave up.
    """

    code: int
    reason: str
    response_text: str

    def header(self, name: str) -> str | None:
        """Give a header of that message, None when it isn't there."""
        return Message(self.response_text).header(name)

    def headers(self, name: str) -> list[str]:
        """Give all headers of this name of that message."""
        return Message(self.response_text).headers(name)


class Call:
    """One call of one phone. The verbs wait for their effect; each `wait_…` raises TimeoutError (seconds)."""

    def __init__(self, remote: Remote, number: int) -> None:
        self.remote, self.journal, self.number = remote, remote.journal, number

    @property
    def received(self) -> list[Message]:
        """All messages that came in for it, but for the incoming INVITE."""
        return [Message(event["text"]) for event in self.journal.matching(event="received", call=self.number)]

    @property
    def responses(self) -> list[Message]:
        """All responses that came in for it, in order."""
        return [message for message in self.received if message.code is not None]

    @property
    def invite(self) -> Message:
        """The INVITE of an incoming call; raises TimeoutError for a call that the phone made."""
        return Message(self._wait("incoming", 0, 0)["text"])

    @property
    def call_id(self) -> str:
        """Its Call-ID."""
        return str(self._wait("call", PATIENCE, 0)["call_id"])

    @property
    def own_tag(self) -> str:
        """The tag of this phone in an incoming call's dialog; waits for the first answer that carries it."""

        def said() -> Event | None:
            events = self.journal.matching(event="sent", call=self.number)
            return next((event for event in events if (Message(event["text"]).code or 0) > 100), None)

        sent = Message(self.journal.until(said, PATIENCE, f"call={self.number} answer of our own")["text"])
        return (sent.header("To") or "").partition(";tag=")[2]

    def ring(self) -> None:
        """Answer 180, for a phone that doesn't by itself."""
        self._do("answer", code=180)

    def progress(self, headers: Mapping[str, str] | None = None) -> None:
        """Answer 183, and play before the call is answered."""
        self._do("answer", code=183, headers=list((headers or {}).items()))

    def pick_up(self, headers: Mapping[str, str] | None = None) -> None:
        """Send 200, and don't wait for the caller's ACK."""
        self._do("answer", code=200, headers=list((headers or {}).items()))

    def answer(self, headers: Mapping[str, str] | None = None) -> None:
        """Take the call, and wait until the caller's ACK is there."""
        self.pick_up(headers)
        self.wait_answered()

    def reject(self, code: int, reason: str | None = None, headers: Mapping[str, str] | None = None) -> Ended:
        """Refuse the call with a code from 300 to 699."""
        self._do("answer", code=code, reason=reason or "", headers=list((headers or {}).items()))
        return self.wait_ended()

    def hangup(self) -> Ended:
        """End the call, or give up calling."""
        self._do("hangup")
        return self.wait_ended()

    def hold(self) -> None:
        """Put the other side on hold, and wait until it agreed."""
        self._do_media("hold", "local_hold")

    def resume(self) -> None:
        """Take the other side back, and wait until it agreed."""
        self._do_media("resume", "active")

    def dtmf(self, digits: str) -> None:
        """Press keys (RFC 4733)."""
        self._do("dtmf", digits=digits)

    def transfer(self, uri: str) -> None:
        """Send the other side to a sip: URI, blindly; it may be refused: see `wait_transferred`."""
        self._do("transfer", uri=uri)

    def transfer_to(self, other: Call) -> None:
        """Join the other sides of this call and of `other`, a call of the same phone."""
        self._do("transfer_to", other=other.number)

    def wait_ringing(self, timeout: float = PATIENCE) -> Message:
        """Wait for 180, and give it."""
        return self.wait_response(180, timeout)

    def wait_response(self, code: int, timeout: float = PATIENCE) -> Message:
        """Wait for a response with a code, and give it."""

        def found() -> Event | None:
            events = self.journal.matching(event="received", call=self.number)
            return next((event for event in events if Message(event["text"]).code == code), None)

        return Message(self.journal.until(found, timeout, f"call={self.number} response {code}")["text"])

    def wait_answered(self, timeout: float = PATIENCE) -> None:
        """Wait until both sides agreed to talk; fails at once when the call ends instead."""

        def decided() -> Event | None:
            mine = self.journal.matching(event="call", call=self.number)
            return next((event for event in mine if event["state"] in ("answered", "ended")), None)

        event = self.journal.until(decided, timeout, f"call={self.number} answered")
        if event["state"] == "ended":
            self._wait("call", 0, 0, state="answered")

    def wait_ended(self, timeout: float = PATIENCE) -> Ended:
        """Wait until the call is over, and say how."""
        event = self._wait("call", timeout, 0, state="ended")
        return Ended(event["code"], event["reason"], event["text"])

    def wait_held(self, timeout: float = PATIENCE) -> None:
        """Wait until the other side has put this one on hold."""
        self.wait_media("remote_hold", timeout)

    def wait_media(self, status: str, timeout: float = PATIENCE) -> None:
        """Wait until sound is `active`, `local_hold`, `remote_hold`, `none` or `error`."""

        def now() -> Event | None:
            last = self.journal.matching(event="media", call=self.number)[-1:]
            return next((event for event in last if event["status"] == status), None)

        self.journal.until(now, timeout, f"call={self.number} media status={status}")

    def wait_dtmf(self, digits: str, timeout: float = PATIENCE) -> None:
        """Wait until these keys, and no others, came in."""

        def pressed() -> Event | None:
            events = self.journal.matching(event="dtmf", call=self.number)
            return {} if "".join(event["digit"] for event in events) == digits else None

        self.journal.until(pressed, timeout, f"call={self.number} dtmf {digits}")

    def wait_transferred(self, timeout: float = PATIENCE) -> int:
        """Wait for the final outcome of a transfer that this side asked for, and give its code."""
        return int(self._wait("transfer", timeout, 0, final=True)["code"])

    def hears(self, frequency: int, timeout: float = PATIENCE) -> None:
        """Wait until a phone's tone (Hz) sounds here, from now on and for 200 ms without a break."""
        self._listen("hears", frequency, timeout)

    def hears_not(self, frequency: int, timeout: float = PATIENCE) -> None:
        """Wait until a phone's tone (Hz) doesn't sound here, from now on and for 200 ms."""
        self._listen("silence", frequency, timeout)

    def _listen(self, verdict: str, frequency: int, timeout: float) -> None:
        begin = self._do("listen")  # what was said before then is stale

        def said() -> Event | None:
            events = self.journal.matching(event=verdict, call=self.number, frequency=frequency)
            return next((event for event in events if event["at"] >= begin), None)

        self.journal.until(said, timeout, f"call={self.number} {verdict} frequency={frequency}")

    def _do(self, command: str, **fields: Any) -> Any:
        return self.remote.command(command, call=self.number, **fields)

    def _do_media(self, command: str, status: str) -> None:
        mark = self.journal.length
        self._do(command)
        self._wait("media", PATIENCE, mark, status=status)

    def _wait(self, event: str, timeout: float, since: int, **fields: Any) -> Event:
        return self.journal.wait(timeout, since, event=event, call=self.number, **fields)
