"""Messages that are kept, in the presence server: taken in, and delivered when their person has a phone again."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Final

from carillon.kamailio import ksr
from carillon.kamailio.presencesettings import PresenceSettings
from carillon.messages.keeping import Fate, fate
from carillon.messages.turns import Turn
from carillon.stores.kept import Kept, KeptMessage
from carillon.stores.keptturn import KeptTurn
from carillon.stores.ports import StoreDown

RETRY_AFTER_S: Final = 5


class Post:
    """One message a person is on its way at a time, so that they come in order."""

    def __init__(self, settings: PresenceSettings) -> None:
        self._kept, self._turn = Kept(settings.messages, settings.node), KeptTurn(settings.turn)
        address, port = settings.kamailio
        self._kamailio = f"sip:[{address}]:{port}" if ":" in address else f"sip:{address}:{port}"

    def keep(self) -> None:
        """Keep the MESSAGE that has come in, and tell its sender so: 202 (RFC 3428 §7)."""
        aor, sender = f"{ksr.text('$rU')}@{ksr.text('$rd')}", f"{ksr.text('$fU')}@{ksr.text('$fd')}"
        if required := ksr.header("Require"):  # who keeps it is its user agent server: RFC 3261 §8.2.2.3
            ksr.append_to_reply("Unsupported", required)
            ksr.reply(420, "Bad Extension")
            return
        kind = ksr.header("Content-Type") or "text/plain"
        try:
            kept = self._kept.keep(aor, sender, kind, ksr.text("$rb"), time.time())
        except StoreDown as down:
            ksr.log("err", f"{down}")
            ksr.append_to_reply("Retry-After", str(RETRY_AFTER_S))
            ksr.reply(503, "Service Unavailable")
            return
        if kept:
            ksr.reply(202, "Accepted")
        else:
            ksr.append_to_reply("Warning", '399 carillon "Too many messages wait for this person"')
            ksr.reply(480, "Temporarily Unavailable")

    def deliver(self, is_there: Callable[[str], bool]) -> None:
        """Begin with everybody who is there, and for whom something waits."""
        try:
            turn = self._turn.now()
            for aor in self._kept.waiting(time.time(), turn):
                if is_there(aor):
                    self._send_next(aor, turn)
        except StoreDown as down:
            ksr.log("err", f"{down}")

    def answered(self) -> None:
        """One was answered: it is forgotten, and the next one goes, or all of them wait."""
        id, code = ksr.sent_message()
        what = fate(code)
        if what is Fate.WAITS:
            return
        try:
            aor = self._kept.forget(id)
            if what is Fate.REFUSED:
                ksr.log("notice", f"a message for {aor} was refused with {code}, and is gone")
            self._send_next(aor, self._turn.now())
        except StoreDown as down:
            ksr.log("err", f"{down}")

    def _send_next(self, aor: str, turn: Turn) -> None:
        message = self._kept.next(aor, time.time(), turn)
        if message:
            ksr.send_message(
                f"sip:{aor}",
                f"sip:{message.sender}",
                self._kamailio,
                _headers(message),
                message.body,
                message.id,
            )


def _headers(message: KeptMessage) -> str:
    """When it was written, for the phone to show (RFC 3261 §20.17)."""
    return f"Content-Type: {message.kind}\r\nDate: {formatdate(message.at, usegmt=True)}\r\n"
