"""ACK and BYE of a dialog that is proved to be ours, and whose sound goes by no relay."""

from __future__ import annotations

import time

from carillon.kamailio import ksr
from carillon.kamailio.short.kit import Kit
from carillon.routing import examples
from carillon.routing.dialogs import TABLE as DIALOGS
from carillon.routing.plain import PRIVATE, WITHIN, WITHIN_VALUES
from carillon.sip.dialogproof import is_proved

_WITHIN = ksr.Several(*WITHIN_VALUES)


class Within:
    """Follows them."""

    def __init__(self, kit: Kit) -> None:
        node = kit.settings.node
        self._tracer, self._recipe = kit.tracer, kit.recipes.of
        self._secrets = node.secrets
        self._socket = kit.settings.gateway_sockets.towards
        self._gateways = frozenset(map(str, node.every_gateway))
        self._ports = {f":{sibling.port}" for sibling in node.siblings}

    def to_phone(self, method: str, place: str) -> bool:
        """One from our Asterisk."""
        return self._follow(method, place, "gateway")

    def to_gateway(self, method: str, place: str) -> bool:
        """One from a phone."""
        return self._follow(method, place, "outside")

    def _follow(self, method: str, place: str, source: str) -> bool:
        text = _WITHIN.together()
        found = WITHIN.fullmatch(text)
        if found is None or PRIVATE in text.lower():
            return False
        user, called, call_id, by, home, sender, to, mark = found.groups()
        if source == "outside" and called not in self._gateways:
            return False
        if any(port in text for port in self._ports):  # another node may have its part in the dialog
            return False
        known = self._recipe(examples.within, method, source, called)
        if known is None or not is_proved(self._secrets, mark, call_id, sender, to):
            return False
        if ksr.is_absorbed():
            return True
        if method == "BYE":
            ksr.remove_shared(DIALOGS, call_id)
        if source == "gateway":
            ksr.follow("", "")
        else:
            ksr.follow(f"sip:{called};transport=udp", self._socket(called))
        self._tracer.row(
            f"{time.time()!r}\x1fin-dialog\x1f{call_id}\x1f\x1f{place}\x1f{source}\x1f{method}\x1f{by}@{home}"
            f"\x1f{user}@{called.partition(':')[0]}\x1f{known.words}"
        )
        return True
