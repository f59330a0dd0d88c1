"""A telephone in a test's hand: every verb blocks until it happened, or says what the phone saw instead."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.phones.call import PATIENCE, Call
from tests.phones.message import Message
from tests.phones.remote import START_SECONDS, Remote
from tests.phones.settings import Settings, Transport
from tests.phones.tones import TONES

_next_tone = itertools.cycle(TONES)


@dataclass(frozen=True)
class Registration:
    """How a registration went: 200 or the code of the refusal, and the seconds granted."""

    code: int
    reason: str
    expires: int
    active: bool
    response: Message


class Phone:
    """One phone, a process of its own, started at once; leave it with `close()` or as a context manager."""

    def __init__(
        self,
        name: str,
        user: str,
        password: str,
        domain: str,
        *,
        proxy: str | None = "10.77.0.1:5060",
        transport: Transport = "udp",
        namespace: str | None = None,
        address: str = "127.0.0.1",
        auth_user: str | None = None,
        tone: int | None = None,
        **more: Any,
    ) -> None:
        """Start the phone of sip:`user`@`domain` on `address`, in a network namespace if one is given.

        `proxy` HOST:PORT; None: calls go straight to their URI. `auth_user`: digest user name, `user` if None.
        `tone`: Hz that it plays, one of `TONES`; None: the next one. `more`: the other fields of `Settings`.
        """
        self.name, self.user, self.domain, self.address = name, user, domain, address
        self.tone = next(_next_tone) if tone is None else tone
        identity = {"name": name, "user": user, "auth_user": auth_user or user, "password": password}
        place = {"domain": domain, "proxy": proxy, "transport": transport, "address": address}
        self.remote = Remote(Settings(**{**identity, **place, **more, "tone": self.tone}), namespace)
        self.journal = self.remote.journal
        self._taken = 0  # incoming calls that the test was given

    def __enter__(self) -> Phone:
        return self

    def __exit__(self, *_failure: object) -> None:
        self.close()

    @property
    def contact(self) -> str:
        """Where it can be called without a proxy: sip:USER@ADDRESS:PORT;transport=…."""
        return str(self.journal.wait(START_SECONDS, event="ready")["contact"])

    def register(self, expect: int = 200, timeout: float = PATIENCE) -> Registration:
        """Register, or refresh; raises AssertionError when the final code isn't `expect`."""
        return self._registers("register", expect, timeout)

    def unregister(self, expect: int = 200, timeout: float = PATIENCE) -> Registration:
        """Remove the registration; raises AssertionError when the final code isn't `expect`."""
        return self._registers("unregister", expect, timeout)

    def dial(self, target: str, headers: Mapping[str, str] | None = None) -> Call:
        """Call a number of its own domain, or a sip: URI; returns at once."""
        return Call(
            self.remote, self.remote.command("dial", uri=self._uri(target), headers=list((headers or {}).items()))
        )

    def incoming(self, timeout: float = PATIENCE) -> Call:
        """Give the next call that came in and wasn't given yet; raises TimeoutError (seconds)."""

        def untaken() -> dict[str, Any] | None:
            return next(iter(self.journal.matching(event="incoming")[self._taken :]), None)

        event = self.journal.until(untaken, timeout, "an incoming call")
        self._taken += 1
        return Call(self.remote, event["call"])

    def unanswered(self) -> int:
        """Count the calls that came in and that `incoming` didn't give: 0 says that nobody rang it."""
        return len(self.journal.matching(event="incoming")) - self._taken

    def follows(self, since: int = 0, timeout: float = PATIENCE) -> Call:
        """Give the call that a transfer or a Replaces made on this phone since a mark of its journal."""
        return Call(self.remote, self.journal.wait(timeout, since, event="follows")["call"])

    def watches(self, target: str) -> None:
        """Watch the presence of a number of its own domain, see `shows`, or of a sip: URI."""
        self.remote.command("watch", uri=self._uri(target))

    def shows(self, target: str, timeout: float = PATIENCE, **what: Any) -> None:
        """Wait until it shows of somebody: `online`, `activity` (`away`, `busy`, ``), `note`; raises TimeoutError."""
        self.journal.until(lambda: self._shown(target, what), timeout, f"{target} shown as {what}")

    def publishes(self, activity: str, note: str = "") -> None:
        """Say how its user is: `away`, `busy`, or `` for nothing special."""
        self.remote.command("publish", activity=activity, note=note)

    def writes(self, target: str, body: str, timeout: float = PATIENCE) -> int:
        """Send a message to a number of its own domain, or a sip: URI; the final code."""
        mark = self.journal.length
        self.remote.command("write", uri=self._uri(target), body=body)
        return int(self.journal.wait(timeout, mark, event="written")["code"])

    def reads(self, body: str, timeout: float = PATIENCE) -> Message:
        """Wait until it was sent this message; raises TimeoutError (seconds)."""
        return Message(self.journal.wait(timeout, event="message", body=body)["text"])

    def has_read(self, *bodies: str, timeout: float = PATIENCE) -> None:
        """Wait until it was sent so many messages: these, in this order."""

        def read() -> list[str] | None:
            got = [event["body"] for event in self.journal.matching(event="message")]
            return got if len(got) >= len(bodies) else None

        got = self.journal.until(read, timeout, f"{len(bodies)} messages")
        assert got == list(bodies), got

    def _uri(self, target: str) -> str:
        return target if target.startswith(("sip:", "sips:")) else f"sip:{target}@{self.domain}"

    def _shown(self, target: str, what: dict[str, Any]) -> bool | None:
        uri = f"sip:{target}@{self.domain}"
        last = next(iter(reversed(self.journal.matching(event="friend", uri=uri))), None)
        return True if last and all(last[key] == value for key, value in what.items()) else None

    def close(self) -> None:
        """Hang up, unregister and leave. Its process is gone afterwards."""
        self.remote.close()

    def loses_power(self) -> None:
        """Be gone at once, without a word to anybody."""
        self.remote.kill()

    def _registers(self, command: str, expect: int, timeout: float) -> Registration:
        mark = self.journal.length
        self.remote.command(command)
        event = self.journal.wait(timeout, mark, event="registration")
        assert event["code"] == expect, f"{self.name}: {command}: {event['code']} {event['reason']}"
        fields = {name: event[name] for name in ("code", "reason", "expires", "active")}
        return Registration(**fields, response=Message(event["text"]))
