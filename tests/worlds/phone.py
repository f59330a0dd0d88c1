"""A phone of the simulated office: credentials, and the digest answer to a challenge."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from carillon.sip.digest import Credentials


@dataclass(frozen=True)
class SimulatedLetter:
    """A message that has come: `name` and `sender` are what it shows; one that was kept shows when it was written."""

    text: str
    name: str
    sender: str
    dated: bool


@dataclass(eq=False)
class SimulatedPhone:
    """One phone. `dead` is a phone without power that is still registered.

    `dialect` and `q` are as the registrar keeps them, `own_q` is what the phone sends. One that knows `replaces` gives
    its call to a new one by itself.
    """

    username: str
    password: str
    domain: str
    aor: str
    display: str
    dead: bool = False
    shown_as: str = ""
    address: str = "10.77.0.11"
    user_agent: str = ""
    q: float = 1.0
    own_q: float | None = None
    dialect: int = 0
    replaces: bool = True
    read: list[SimulatedLetter] = field(default_factory=list)

    @property
    def tag(self) -> str:
        """What it puts into To when it answers."""
        return f"tag-of-{self.username}"

    def responds(self, challenge: str, method: str, uri: str, count: int = 1) -> Credentials:
        """Credentials for a challenge header, as RFC 7616 §3.4 has it; computed apart from the product's code."""
        given = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
        hashing = hashlib.sha256 if given["algorithm"] == "SHA-256" else hashlib.md5

        def digest(*parts: str) -> str:
            return hashing(":".join(parts).encode()).hexdigest()

        secret = digest(self.username, given["realm"], self.password)
        nc, cnonce = f"{count:08x}", "c0ffee"
        response = digest(secret, given["nonce"], nc, cnonce, "auth", digest(method, uri))
        return Credentials(
            self.username, given["realm"], given["nonce"], uri, response, given["algorithm"], "auth", nc, cnonce
        )
