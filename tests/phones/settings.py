"""What a test phone is told before it starts; the handle writes it, the worker process reads it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

from tests.phones.tones import TONES

Transport = Literal["udp", "tcp", "tls"]
CODECS = ("PCMA/8000", "PCMU/8000")


@dataclass(frozen=True)
class Settings:
    """One phone: who it is, where it stands, what it plays and listens for."""

    name: str  # display name, and its name in error messages
    user: str  # user part of its SIP address
    auth_user: str  # digest user name
    password: str
    domain: str
    proxy: str | None = None  # HOST:PORT of the outbound proxy; None: calls go straight to their URI
    transport: Transport = "udp"
    address: str = "127.0.0.1"  # IPv4 address that signalling and media are bound to
    port: int = 0  # 0: any
    expires: int = 300  # seconds asked for at registration
    q: float | None = None  # preference of its contact, 0 to 1
    user_agent: str = ""  # how it calls itself; "": as its library
    rings: bool = True  # answers 180 to a call by itself
    tone: int = TONES[0]  # Hz
    listens_for: tuple[int, ...] = TONES
    learns_address: bool = True  # writes the address that the proxy sees into its contact
    encrypts: bool = False  # SRTP with SDES, always
    publishes: bool = False  # says how its user is (PUBLISH)
    comes_back: bool = False  # registers again by itself when its connection has ended, or a registration has failed
    name_server: str = ""  # its own name server, ADDRESS; "": it takes names as the machine does, without SRV
    codecs: tuple[str, ...] = CODECS  # of pjsua2: "PCMA/8000", "GSM/8000", "G722/16000", ...

    def to_json(self) -> str:
        """Write the settings as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Settings:
        """Read what `to_json` wrote."""
        fields = json.loads(line)
        lists = {name: tuple(fields[name]) for name in ("listens_for", "codecs")}
        return cls(**{**fields, **lists})
