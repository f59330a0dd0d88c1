"""The native script in Python, by KEMI: what the engine's border costs when nothing is done behind it.

Kamailio loads this file by itself, with its values beside it in `minimal.json`. Like the native script it decides
nothing, and unlike ours it takes the same nonce again and again.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import KSR

NONCE = "0123456789abcdef"
REALM = "bench.test"
PARAMETER = re.compile(r'([a-z]+)="?([^",]+)"?')


class Worker:
    """The callbacks of one process."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.address, self.port, self.socket = values["address"], values["port"], values["socket"]
        self.accounts: dict[str, str] = values["accounts"]

    def child_init(self, rank: int) -> int:
        """Nothing to open: each process has all HA1 in memory."""
        return 0

    def ksr_request_route(self, message: Any) -> int:
        """The same tests in the same order as in kamailio.cfg.jinja."""
        if KSR.maxfwd.process_maxfwd(70) < 0:
            KSR.sl.send_reply(483, "Too Many Hops")
            return 1
        KSR.force_rport()
        method = KSR.pv.get("$rm")
        if method == "CANCEL":
            if KSR.tm.t_check_trans() > 0:
                KSR.tm.t_relay()
        elif KSR.siputils.has_totag() > 0:
            self._in_dialog(method)
        else:
            KSR.tm.t_check_trans()
            self._new(method)
        return 1

    def ksr_leg_reply(self, message: Any) -> int:
        """Looks at the code."""
        if KSR.pv.get("$rs") == 503:
            KSR.info("the far end cannot serve\n")
        return 1

    def ksr_leg_failure(self, message: Any) -> int:
        """Nothing to do."""
        return 1

    def _in_dialog(self, method: str) -> None:
        if KSR.rr.loose_route() > 0:
            KSR.tm.t_relay()
        elif method != "ACK":
            KSR.sl.send_reply(404, "Not Found")
        elif KSR.tm.t_check_trans() > 0:
            KSR.tm.t_relay()

    def _new(self, method: str) -> None:
        if method == "REGISTER":
            if self._proved("Authorization", method):
                KSR.registrar.save("location", 0)
            else:
                _challenge(401, "WWW-Authenticate")
        elif method != "INVITE":
            KSR.sl.send_reply(501, "Not Implemented")
        elif KSR.pv.get("$si") == self.address and KSR.pv.get("$sp") == self.port:
            self._outbound()
        elif self._proved("Proxy-Authorization", method):
            self._inbound()
        else:
            _challenge(407, "Proxy-Authenticate")

    def _proved(self, header: str, method: str) -> bool:
        given = dict(PARAMETER.findall(KSR.pv.get(f"$hdr({header})") or ""))
        ha1 = self.accounts.get(given["username"]) if given else None
        if not ha1:
            return False
        ha2 = _md5(f"{method}:{given['uri']}")
        wanted = _md5(f"{ha1}:{given['nonce']}:{given['nc']}:{given['cnonce']}:auth:{ha2}")
        return bool(given["response"] == wanted)

    def _inbound(self) -> None:
        KSR.hdr.remove("Proxy-Authorization")
        KSR.pv.sets("$du", f"sip:{self.address}:{self.port};transport=udp")
        KSR.pv.sets("$fs", self.socket)
        _relay()

    def _outbound(self) -> None:
        if KSR.registrar.lookup("location") < 0:
            KSR.sl.send_reply(480, "Temporarily Unavailable")
        else:
            _relay()


def mod_init() -> Worker:
    """What Kamailio calls first."""
    return Worker(json.loads(Path(__file__).with_suffix(".json").read_text()))


def _relay() -> None:
    KSR.tm.t_on_reply("ksr_leg_reply")
    KSR.tm.t_on_failure("ksr_leg_failure")
    KSR.rr.record_route()
    KSR.tm.t_relay()


def _challenge(code: int, header: str) -> None:
    KSR.hdr.append_to_reply(f'{header}: Digest realm="{REALM}", nonce="{NONCE}", algorithm=MD5, qop="auth"\r\n')
    KSR.sl.send_reply(code, "Unauthorized")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
