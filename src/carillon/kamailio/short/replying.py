"""A reply of a leg, of which nothing is to be told."""

from __future__ import annotations

import time

from carillon.kamailio import ksr
from carillon.kamailio.fetch import TOLD
from carillon.kamailio.short.kit import Kit
from carillon.routing import examples
from carillon.routing.plain import NONE, PRIVATE, REPLY, REPLY_VALUES

_REPLY = ksr.Several(*REPLY_VALUES)


class Replying:
    """Lets them pass."""

    def __init__(self, kit: Kit) -> None:
        self._tracer, self._recipe = kit.tracer, kit.recipes.of
        self._away = kit.siblings.addresses if kit.siblings else frozenset()
        self._is_off = bool(kit.settings.node.spiral)

    def passes(self) -> bool:
        """Whether a reply was plain, and is done."""
        text = "" if self._is_off else _REPLY.together()
        found = REPLY.fullmatch(text)
        if found is None or PRIVATE in text.lower():
            return False
        code, reason, call_id, tag, address, port, host, at, timer, leg, leg_id, called, shown, says = found.groups()
        if address in self._away:
            return False
        if leg == "inbound":
            if ksr.shared_text(TOLD, leg_id) is not None:
                return False
        elif shown or says or (code != "180" and ksr.wants_encryption()):
            return False
        known = self._recipe(examples.reply, leg, int(code), reason, timer if timer != NONE else "", bool(shown))
        if known is None:
            return False
        blanks = {"shown": shown, "call_id": call_id, "tag": tag}
        known.done(blanks)
        if host is not None and (host != address or (at or "5060") != port):
            ksr.alias_this_contact()
        self._tracer.row(
            f"{time.time()!r}\x1f{leg} reply\x1f\x1f{leg_id}\x1f{address}\x1f\x1f{code}\x1f\x1f{called}"
            f"\x1f{known.words % blanks}"
        )
        return True
