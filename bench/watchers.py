"""Phones that watch and publish: one socket, many accounts. Each NOTIFY is answered, and when it came is kept."""

from __future__ import annotations

import hashlib
import itertools
import re
import secrets
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from bench.people import DOMAIN, Person

AT_ONCE = 20
"""So many requests are on their way at a time."""
AGAIN_S = 1.0
PATIENCE_S = 60.0
EXPIRES_S = 3600
_RECEIVE_BUFFER_FORCED = 33
"""SO_RCVBUFFORCE (Linux): as large as root wants it, so that a burst is not lost here."""
_NONCE = re.compile(r'nonce="([^"]+)"')
_ECHOED = re.compile(r"(?im)^(?:via|v|from|f|to|t|call-id|i|cseq|record-route):.*\r\n")
_KEY = re.compile(r"(?im)^(?:call-id|i):[ \t]*(\S+)")


@dataclass(slots=True)
class Asked:
    """One request that is on its way."""

    rank: int
    compose: Callable[[str], bytes]
    begun: float
    sent: bytes = b""
    sent_at: float = 0.0
    code: int = 0


@dataclass
class Watchers:
    """The phones of `people`, at one address and port; `proxy` is where they send to."""

    at: tuple[str, int]
    proxy: tuple[str, int]
    told_at: list[float] = field(default_factory=list)
    delays_s: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, _RECEIVE_BUFFER_FORCED, 1 << 23)
        self._socket.bind(self.at)
        self._asked: dict[str, Asked] = {}
        self._heard: set[tuple[str, str]] = set()
        self._serial = itertools.count(1)

    def close(self) -> None:
        """Go without a word."""
        self._socket.close()

    def subscribe(self, pairs: Iterable[tuple[Person, Person]], event: str) -> int:
        """The first of each pair watches the second; returns how many were let."""
        return self._all(self._composer("SUBSCRIBE", who, whom, event) for who, whom in pairs).count(200)

    def publish(self, who: Sequence[tuple[Person, str]]) -> int:
        """Each publishes this activity anew; returns how many were taken."""
        return self._all(self._composer("PUBLISH", one, one, "presence", activity) for one, activity in who).count(200)

    def await_told(self, count: int) -> float:
        """Hear until so many NOTIFYs came since `forget`, or for a minute; returns when the last one came."""
        deadline = time.monotonic() + PATIENCE_S
        while len(self.told_at) < count and time.monotonic() < deadline:
            self._hear(0.1)
        return self.told_at[-1] if self.told_at else 0.0

    def settle(self, quiet_s: float = 2.0) -> None:
        """Hear until nothing has come for so long, and forget it."""
        while self._hear(quiet_s):
            pass
        self.told_at.clear()

    def _all(self, composers: Iterable[Callable[[str], bytes]]) -> list[int]:
        codes: dict[int, int] = {}
        waiting = enumerate(composers)
        while True:
            for rank, compose in itertools.islice(waiting, AT_ONCE - len(self._asked)):
                self._asked[secrets.token_hex(10)] = Asked(rank, compose, time.monotonic())
            if not self._asked:
                return [codes[rank] for rank in sorted(codes)]
            for call_id, asked in self._asked.items():
                self._keep_asking(call_id, asked)
            self._hear(0.05)
            for call_id in [one for one, asked in self._asked.items() if asked.code]:
                asked = self._asked.pop(call_id)
                codes[asked.rank] = asked.code
                self.delays_s.append(time.monotonic() - asked.begun)

    def _keep_asking(self, call_id: str, asked: Asked) -> None:
        now = time.monotonic()
        if now - asked.begun > PATIENCE_S:
            asked.code = 408
        elif not asked.sent or now - asked.sent_at > AGAIN_S:
            asked.sent = asked.sent or asked.compose(f"Call-ID: {call_id}\r\n")
            asked.sent_at = now
            self._socket.sendto(asked.sent, self.proxy)

    def _hear(self, patience_s: float) -> bool:
        """Take in all that is there; whether anything was."""
        self._socket.settimeout(patience_s)
        heard = False
        while True:
            try:
                data, peer = self._socket.recvfrom(65535)
            except (TimeoutError, BlockingIOError):
                return heard
            self._take(data.decode(), peer)
            self._socket.settimeout(0)
            heard = True

    def _take(self, text: str, peer: tuple[str, int]) -> None:
        if text.startswith("NOTIFY "):
            now, head = time.monotonic(), text.partition("\r\n\r\n")[0] + "\r\n"
            echoed = "".join(_ECHOED.findall(head))
            self._socket.sendto(f"SIP/2.0 200 OK\r\n{echoed}Content-Length: 0\r\n\r\n".encode(), peer)
            self._note(head, now)
        elif text.startswith("SIP/2.0 "):
            self._answer(text, int(text[8:11]))

    def _note(self, head: str, now: float) -> None:
        """Once each, however often it is said."""
        key = _key(head), head.partition("CSeq:")[2].partition("\r\n")[0].strip()
        if key not in self._heard:
            self._heard.add(key)
            self.told_at.append(now)

    def _answer(self, text: str, code: int) -> None:
        call_id = _key(text)
        asked = self._asked.get(call_id)
        if asked is None or code < 200:
            return
        if code not in (401, 407):
            asked.code = code
        elif b"\r\nCSeq: 1 " in asked.sent:
            nonce, name = _NONCE.findall(text)[0], "Authorization" if code == 401 else "Proxy-Authorization"
            asked.sent, asked.sent_at = asked.compose(f"Call-ID: {call_id}\r\n{name}: {nonce}"), 0.0
            self._keep_asking(call_id, asked)

    def _composer(
        self, method: str, who: Person, whom: Person, event: str, activity: str = ""
    ) -> Callable[[str], bytes]:
        """What makes the request: of a Call-ID line, or of that and the nonce that was given."""
        uri, tag, host, port = f"sip:{whom.aor}", f"w{next(self._serial)}", *self.at
        body = _document(uri, activity) if activity else ""

        def compose(known: str) -> bytes:
            line, _, proof = known.partition("\r\n")
            name, _, nonce = proof.partition(": ")
            headers = [
                f"{method} {uri} SIP/2.0",
                f"Via: SIP/2.0/UDP {host}:{port};rport;branch=z9hG4bK{secrets.token_hex(8)}",
                "Max-Forwards: 70",
                f"From: <sip:{who.aor}>;tag={tag}",
                f"To: <{uri}>",
                line,
                f"CSeq: {2 if nonce else 1} {method}",
                f"Event: {event}",
                f"Expires: {EXPIRES_S}",
                *([f"{name}: {_proof(who, method, uri, nonce)}"] if nonce else []),
                *([f"Contact: <sip:{who.extension}@{host}:{port}>"] if method == "SUBSCRIBE" else []),
                *(["Content-Type: application/pidf+xml"] if body else []),
                f"Content-Length: {len(body)}",
            ]
            return ("\r\n".join(headers) + f"\r\n\r\n{body}").encode()

        return compose


def _key(text: str) -> str:
    found = _KEY.search(text)
    return found[1] if found else ""


def _proof(who: Person, method: str, uri: str, nonce: str) -> str:
    """RFC 7616 §3.4.1, with MD5."""
    cnonce, count = secrets.token_hex(4), "00000001"
    asked = _md5(f"{method}:{uri}")
    response = _md5(f"{who.ha1('md5')}:{nonce}:{count}:{cnonce}:auth:{asked}")
    return (
        f'Digest username="{who.extension}", realm="{DOMAIN}", nonce="{nonce}", uri="{uri}", response="{response}", '
        f'algorithm=MD5, cnonce="{cnonce}", qop=auth, nc={count}'
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _document(entity: str, activity: str) -> str:
    return (
        "<?xml version='1.0' encoding='UTF-8'?><presence xmlns='urn:ietf:params:xml:ns:pidf' "
        "xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' xmlns:rpid='urn:ietf:params:xml:ns:pidf:rpid' "
        f"entity='{entity}'><tuple id='t'><status><basic>open</basic></status></tuple><dm:person id='p'>"
        f"<rpid:activities><rpid:{activity}/></rpid:activities></dm:person></presence>"
    )
