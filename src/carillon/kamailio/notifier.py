"""What one process of the presence server does: keeps publications, and writes what watchers are told.

The engine keeps subscriptions and sends NOTIFYs. Each gets its body here as it leaves, from the picture that the daemon
`states` keeps of the person: it is never older than that, and nobody publishes it twice.
"""

from __future__ import annotations

import json
import re
import secrets
import socket
import time
from contextlib import nullcontext
from functools import lru_cache
from typing import Any, Final

from carillon.kamailio import ksr
from carillon.kamailio.guard import guarded, nothing, server_error
from carillon.kamailio.panelnotices import PanelNotices
from carillon.kamailio.post import Post
from carillon.kamailio.presencesettings import PresenceSettings
from carillon.model.panel import names_panel
from carillon.presence import compositor, dialoginfo, pidf, reginfo, summary
from carillon.presence.compositor import Answer, Publish
from carillon.presence.picture import Picture
from carillon.presence.privacy import shown_to
from carillon.routing.watched import watched_in, watcher_in
from carillon.stores.pictures import PictureReader
from carillon.stores.ports import StoreDown
from carillon.stores.published import Published
from carillon.stores.registrations import contacts_of
from carillon.stores.watchers import MOST_HELD, Watchers

RETRY_AFTER_S: Final = 5
_NUMBER = re.compile(r"\s*([0-9]{1,9})\s*")


class Notifier:
    """The callbacks of one process. Nothing is kept between them but open files."""

    def __init__(self, settings: PresenceSettings) -> None:
        self.settings = settings
        self.pictures = PictureReader(settings.pictures)
        self.published = Published(settings.publications)
        self.watchers = Watchers(settings.subscriptions)
        self.post = Post(settings)
        self._panels = PanelNotices(self.pictures, self._tell)

    def child_init(self, rank: int) -> int:
        """Files are opened when they are first needed, in the process itself."""
        return 0

    @guarded(server_error)
    def ksr_request_route(self, message: Any) -> int:
        """Every request; what counts comes from Kamailio, which has authenticated and decided."""
        method = ksr.text("$rm")
        if method == "OPTIONS":
            ksr.reply(200, "OK")
        elif not self._is_from_kamailio():
            ksr.log("warn", f"{method} from {ksr.source_address()} dropped: not from our Kamailio")
        elif ksr.begin_transaction():
            self._served(method)
        return 1

    @guarded(nothing)
    def ksr_local_request(self, message: Any, event: str) -> int:
        """A NOTIFY that is about to leave."""
        if ksr.text("$rm") == "NOTIFY":
            self._describe(ksr.header("Event").partition(";")[0].strip())
        return 1

    @guarded(nothing)
    def ksr_deliver_kept(self, *_: Any) -> int:
        """Once a second: messages for those who have come back."""
        self.post.deliver(lambda aor: self.pictures.picture(aor).registered)
        return 1

    @guarded(nothing)
    def ksr_delivered(self, *_: Any) -> int:
        """What a phone said to a message that had been kept."""
        self.post.answered()
        return 1

    def _is_from_kamailio(self) -> bool:
        return (ksr.source_address(), ksr.number("$sp")) == self.settings.kamailio

    def _served(self, method: str) -> None:
        if method == "SUBSCRIBE":
            self._subscribe()
        elif method == "PUBLISH":
            self._publish()
        elif method == "MESSAGE":
            self.post.keep()
        else:
            ksr.reply(405, "Method Not Allowed")

    def _subscribe(self) -> None:
        """A new watcher is written down before the engine looks; nobody holds any number of subscriptions."""
        if not ksr.text("$tt"):
            watched, watcher = f"sip:{ksr.text('$rU')}@{ksr.text('$rd')}", (ksr.text("$fU"), ksr.text("$fd"))
            try:
                if self.watchers.has_enough(watcher):
                    ksr.append_to_reply("Warning", f'399 carillon "At most {MOST_HELD} subscriptions of one person"')
                    ksr.reply(403, "Too Many Subscriptions")
                    return
                if ksr.header("Event").partition(";")[0].strip() == "presence":
                    self.watchers.allow(watched, watcher, "presence")
            except StoreDown as down:
                ksr.log("err", f"{down}")
        with self._panels.answered() if names_panel(ksr.text("$tU" if ksr.text("$tt") else "$rU")) else nullcontext():
            ksr.keep_subscription()

    def _publish(self) -> None:
        try:
            answer = self._answered(_publish())
        except StoreDown as down:
            ksr.log("err", f"{down}")
            answer = Answer(503, "Service Unavailable", (("Retry-After", str(RETRY_AFTER_S)),))
        for name, value in answer.headers:
            ksr.append_to_reply(name, value)
        ksr.reply(answer.code, answer.reason)

    def _answered(self, publish: Publish) -> Answer:
        """On disk first, then the phone is answered and others are told. Raises StoreDown."""
        now = time.time()
        with self.published.changing(publish.aor) as change:
            answer = compositor.answer(publish, change.stored(), now, secrets.token_hex(8))
            if answer.keep or answer.forget:
                change.put(answer, now)
        self._tell({"published": publish.aor})
        return answer

    def _tell(self, news: dict[str, Any]) -> None:
        """The daemon `states` looks by itself, too: losing what was published only costs a second."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as telling:
            try:
                telling.sendto(json.dumps(news).encode(), str(self.settings.states_socket))
            except OSError:
                return

    def _describe(self, event: str) -> None:
        """Write the body of a NOTIFY, for the packages whose bodies are ours."""
        if event not in ("presence", "dialog", "message-summary", "reg"):
            return
        route = ksr.header("Route")
        aor = watched_in(route) or ksr.text("$fu").removeprefix("sip:")
        if event == "reg":
            self._describe_registrations(aor)
            return
        if names_panel(aor):
            self._describe_panel(aor, event, watcher_in(route))
            return
        entity, known = f"sip:{aor}", self._picture(aor)
        if known is None:
            return
        picture = shown_to(watcher_in(route) or ksr.text("$tU"), aor.partition("@")[0], known)
        if event == "message-summary":
            ksr.set_body(summary.write(entity, picture), summary.TYPE)
        elif event == "presence":
            ksr.set_body(_presence_document(entity, picture), pidf.TYPE)
        else:
            ksr.set_body(dialoginfo.write(entity, picture, ksr.number("$cs")), dialoginfo.TYPE)

    def _describe_panel(self, aor: str, event: str, watcher: str) -> None:
        try:
            self._panels.describe(aor, event, watcher)
        except StoreDown as down:
            ksr.log("err", f"{down}")

    def _describe_registrations(self, aor: str) -> None:
        """From the registrar's file for the first one: nobody has followed them yet."""
        now = time.time()
        try:
            followed = self.pictures.contacts(aor)
            contacts = contacts_of(self.settings.location, aor, now) if followed is None else followed
        except StoreDown as down:
            ksr.log("err", f"{down}")
            return
        ksr.set_body(reginfo.write(f"sip:{aor}", contacts, ksr.number("$cs"), now), reginfo.TYPE)

    def _picture(self, aor: str) -> Picture | None:
        """None when nobody knows: the NOTIFY goes without a body, which says nothing instead of something wrong."""
        try:
            return self.pictures.picture(aor)
        except StoreDown as down:
            ksr.log("err", f"{down}")
            return None


@lru_cache(maxsize=64)
def _presence_document(entity: str, picture: Picture) -> str:
    """All who may see the same are told the same, one after the other."""
    return pidf.write(entity, picture)


def _publish() -> Publish:
    expires = _NUMBER.fullmatch(ksr.header("Expires"))
    return Publish(
        aor=f"{ksr.text('$rU')}@{ksr.text('$rd')}",
        event=ksr.header("Event").partition(";")[0].strip(),
        expires_s=int(expires[1]) if expires else None,
        tag=ksr.header("SIP-If-Match").strip(),
        content_type=ksr.header("Content-Type").partition(";")[0].strip().lower(),
        body=ksr.text("$rb"),
    )
