"""A phone proves by credentials whose it is."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Final

from carillon.kamailio import ksr
from carillon.kamailio.fetch import NONCES
from carillon.routing.plain import CREDENTIALS
from carillon.sip.digest import NonceState, nonce_state, response
from carillon.sip.seal import Secrets
from carillon.stores.directory import DirectoryReader

Proved = tuple[str, str, str, str]
"""The use of the nonce, the device, extension and name of its person."""

_HASHES: Final = {"MD5": (0, "md5", ("both", "md5")), "SHA-256": (1, "sha256", ("both", "sha256"))}
"""For each algorithm: the place of its HA1 among both, the hash's name, and the domains that offer it."""


class Proving:
    """What is known of devices, and nonces that were spent."""

    def __init__(self, secrets: Secrets, directory: DirectoryReader) -> None:
        self._secrets, self._directory = secrets, directory

    def proved(self, text: str, method: str, home: str, digest: str) -> Proved | None:
        """Who proves it to a domain that offers `digest`; None where the rules must say why not."""
        given = dict(CREDENTIALS.findall(text))
        try:
            nonce, count, device = given["nonce"], given["nc"], given["username"]
            place, name, offers = _HASHES[given.get("algorithm", "MD5")]
            middle, uri, answer = f"{nonce}:{count}:{given['cnonce']}:auth", given["uri"], given["response"]
        except KeyError:
            return None
        use = f"{nonce}:{count}"
        if given.get("realm") != home or given.get("qop") != "auth" or digest not in offers:
            return None
        read = self._directory.plain_phone if method == "REGISTER" else self._directory.plain_caller
        account = read(home, device)
        if account is None or not hmac.compare_digest(response(name, account[place], middle, method, uri), answer):
            return None
        if nonce_state(self._secrets, home, nonce, time.time()) is not NonceState.FRESH:
            return None
        return None if ksr.shared_text(NONCES, use) is not None else (use, device, account[2], account[3])


def spent_by(said: str) -> str:
    """By which request a use of a nonce is spent: `Request.fingerprint`, of what that says."""
    return hashlib.sha256(said.encode()).hexdigest()[:24]
