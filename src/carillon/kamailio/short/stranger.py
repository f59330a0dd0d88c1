"""A stranger is asked who he is."""

from __future__ import annotations

import secrets
import time

from carillon.kamailio import ksr
from carillon.kamailio.routes import CHALLENGES
from carillon.kamailio.short.kit import Kit
from carillon.routing import examples
from carillon.routing.plain import STRANGER
from carillon.sip.digest import make_nonce


class Stranger:
    """Whoever begins something without credentials."""

    def __init__(self, kit: Kit) -> None:
        self._tracer, self._recipe, self._domain = kit.tracer, kit.recipes.of, kit.domain
        self._secrets = kit.settings.node.secrets

    def is_asked(self, text: str, place: str) -> bool:
        """Whether a request with these values was one of his, and is done."""
        found = STRANGER.fullmatch(text)
        if found is None:
            return False
        method, number, host, call_id, _, by, home, _, _, hops = found.groups()
        profile = self._domain(home)
        known = self._recipe(examples.challenge, method, profile, host, int(hops)) if profile else None
        if known is None:
            return False
        if ksr.is_absorbed():
            return True
        now = time.time()
        blanks = {"nonce": make_nonce(self._secrets, home, now, secrets.token_hex(12))}
        known.done(blanks)
        route = "inbound"
        if method == "REGISTER":
            route = "register"
            ksr.reply(401, "Unauthorized")
        else:
            ksr.reply(407, "Proxy Authentication Required")
        if known.challenge:  # for the rest of this second the engine asks others the same, docs/adr/0026
            ksr.set_shared_text(CHALLENGES, f"{method}|{home}|{host}|{hops}|{int(now)}", known.challenge % blanks)
        self._tracer.row(
            f"{now!r}\x1f{route}\x1f{call_id}\x1f\x1f{place}\x1foutside\x1f{method}\x1f{by}@{home}"
            f"\x1f{number}@{host}\x1f{known.words}"
        )
        return True
