"""What one process of the presence server does: keeps publications, and writes what watchers are told.

The engine keeps subscriptions and sends NOTIFYs. Each gets its body here as it leaves, from the picture that the daemon
`states` keeps of the person: it is never older than that, and nobody publishes it twice.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from contextlib import nullcontext
from functools import lru_cache
from typing import Any, Final

from carillon.kamailio import ksr
from carillon.kamailio.guard import guarded, nothing, server_error
from carillon.kamailio.nameasker import NameAsker
from carillon.kamailio.panelnotices import PanelNotices
from carillon.kamailio.post import Post
from carillon.kamailio.presencesettings import PresenceSettings
from carillon.model.panel import names_panel
from carillon.presence import compositor, featurekeys, reginfo
from carillon.presence.compositor import Answer, Publish
from carillon.presence.documents import EVENTS, Document, document
from carillon.presence.privacy import Sight, shown_by, sight_of
from carillon.presence.xml import BadDocument
from carillon.routing.watched import watch_in
from carillon.sip.private import PrivateHeader
from carillon.sip.uri import quoted
from carillon.stores.pictures import PictureReader, picture_of
from carillon.stores.ports import StoreDown
from carillon.stores.published import Published
from carillon.stores.registrations import contacts_of
from carillon.stores.turn import turn_at
from carillon.stores.watchers import MOST_HELD, Watchers

RETRY_AFTER_S: Final = 5
_NOTIFY = ksr.Several("$rm", "$hdr(Event)", "$hdr(Route)", "$fu", "$tU", "$cs")
_NUMBER = re.compile(r"\s*([0-9]{1,9})\s*")


class Notifier:
    """The callbacks of one process. Nothing is kept between them but open files."""

    def __init__(self, settings: PresenceSettings) -> None:
        self.settings = settings
        self.pictures = PictureReader(settings.pictures)
        self.published = Published(settings.publications)
        self.watchers = Watchers(settings.subscriptions)
        self.post = Post(settings)
        self.turn = turn_at(settings.pictures)
        self._states, self._keys = NameAsker(settings.states_socket), NameAsker(settings.keys_socket)
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
        method, event, route, source, watcher, sequence = _NOTIFY.texts()
        if method == "NOTIFY":
            self._describe(event.partition(";")[0].strip(), route, source, watcher, sequence)
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
        """What the engine keeps; the daemon `states` hears before of who begins to watch, and when."""
        begins, event = not ksr.text("$tt"), ksr.header("Event").partition(";")[0].strip()
        watched = f"{ksr.text('$rU')}@{ksr.text('$rd')}" if begins else ""
        if begins and not self._may_begin(watched, event):
            return
        if event == featurekeys.CARRIED and not self._sets_keys():
            return
        if begins:
            self._tell({"watched": watched, "event": event, "at": time.monotonic()})
        on_panel = names_panel(watched or ksr.text("$tU"))
        with self._panels.answered() if on_panel else nullcontext(), self.turn.taken():
            ksr.keep_subscription()

    def _may_begin(self, watched: str, event: str) -> bool:
        """A new watcher is written down before the engine looks; nobody holds any number of subscriptions."""
        watcher = ksr.text("$fU"), ksr.text("$fd")
        try:
            if self.watchers.has_enough(watcher):
                ksr.append_to_reply("Warning", f'399 carillon "At most {MOST_HELD} subscriptions of one person"')
                ksr.reply(403, "Too Many Subscriptions")
                return False
            if event == "presence":
                self.watchers.allow(f"sip:{watched}", watcher, "presence")
        except StoreDown as down:
            ksr.log("err", f"{down}")
        return True

    def _sets_keys(self) -> bool:
        """What a phone's key sets is told to who may change it; False where it was refused, and answered."""
        body, kind = ksr.text("$rb"), ksr.header("Content-Type").partition(";")[0].strip().lower()
        if not body:
            return True
        if kind != featurekeys.TYPE:
            ksr.append_to_reply("Accept", featurekeys.TYPE)
            ksr.reply(415, "Unsupported Media Type")
            return False
        try:
            change = featurekeys.read(body).change(ksr.header(PrivateHeader.CALLED))
        except BadDocument as bad:
            ksr.append_to_reply("Warning", f"399 carillon {quoted(str(bad))}")
            ksr.reply(400, "Bad Document")
            return False
        if not self._keys.say(json.dumps(change)):
            ksr.append_to_reply("Retry-After", str(RETRY_AFTER_S))
            ksr.reply(503, "Service Unavailable")
            return False
        return True

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
        self._states.say(json.dumps(news))

    def _describe(self, event: str, route: str, source: str, watcher: str, sequence: str) -> None:
        """Write the body of a NOTIFY, for the packages whose bodies are ours."""
        aor, by = watch_in(route)
        aor, by = aor or source.removeprefix("sip:"), by or watcher
        if event == "reg":
            self._describe_registrations(aor)
        elif event not in EVENTS:
            return
        elif names_panel(aor):
            self._describe_panel(aor, event, by)
        elif (text := self._picture(aor)) is not None:
            document = _document(event, aor, sight_of(by, aor.partition("@")[0], picture_of(text).rule), text)
            ksr.set_body(document.of_version(sequence), document.kind)
            if event == featurekeys.CARRIED:
                ksr.remove_header("Event")
                ksr.append_header("Event", featurekeys.EVENT)

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

    def _picture(self, aor: str) -> str | None:
        """None when nobody knows: the NOTIFY goes without a body, which says nothing instead of something wrong."""
        try:
            return self.pictures.text(aor)
        except StoreDown as down:
            ksr.log("err", f"{down}")
            return None


@lru_cache(maxsize=64)
def _document(event: str, aor: str, sight: Sight, text: str) -> Document:
    """All who may see the same are told the same, one after the other."""
    return document(event, aor, shown_by(sight, picture_of(text)))


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
