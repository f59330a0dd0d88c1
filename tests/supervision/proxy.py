"""Somebody standing in for Kamailio: one UDP socket that speaks both legs of a call to Asterisk."""

from __future__ import annotations

import itertools
import re
import socket
from dataclasses import dataclass, field
from types import TracebackType

SDP = (
    "v=0\r\no=- {n} {n} IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP {formats} 101\r\n"
    "{maps}a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na={way}\r\n"
)
NAMES = {0: "PCMU/8000", 8: "PCMA/8000", 9: "G722/8000", 96: "opus/48000/2"}
_serial = itertools.count(1)


@dataclass(frozen=True)
class Message:
    """A SIP message as it came, with the few questions a test asks of it."""

    text: str

    @property
    def start(self) -> str:
        return self.text.split("\r\n", 1)[0]

    @property
    def code(self) -> int:
        """The status code; 0 for a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        """The method of a request; empty for a reply."""
        return "" if self.code else self.start.split()[0]

    @property
    def body(self) -> str:
        return self.text.partition("\r\n\r\n")[2]

    def all(self, name: str) -> list[str]:
        head = self.text.partition("\r\n\r\n")[0]
        return re.findall(rf"(?im)^{name}\s*:\s*(.*?)\s*$", head)

    def get(self, name: str) -> str:
        values = self.all(name)
        return values[0] if values else ""

    @property
    def cseq(self) -> tuple[int, str]:
        number, method = self.get("CSeq").split()
        return int(number), method


def sdp(ip: str, port: int, formats: tuple[int, ...] = (8, 0), way: str = "sendrecv") -> str:
    """An audio body: payload types in order of preference."""
    maps = "".join(f"a=rtpmap:{one} {NAMES[one]}\r\n" for one in formats)
    return SDP.format(n=next(_serial), ip=ip, port=port, formats=" ".join(map(str, formats)), maps=maps, way=way)


@dataclass
class Leg:
    """The dialog in which we are the caller."""

    call_id: str
    branch: str
    uri: str
    from_: str
    to: str
    cseq: int = 1
    headers: tuple[str, ...] = ()
    invite: str = ""


@dataclass
class Proxy:
    """A socket on `address` port 5060 that talks to the Asterisk of that address on port 5080."""

    address: str
    backlog: list[Message] = field(default_factory=list)

    def __enter__(self) -> Proxy:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((self.address, 5060))
        self.socket.settimeout(5)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def send(self, text: str) -> None:
        self.socket.sendto(text.encode(), (self.address, 5080))

    def await_(self, method: str = "", code: int = 0, call_id: str = "", of: str = "") -> Message:
        """The next message with this method, or this code (to a request `of` a method), of this call.

        Whatever else comes in between waits its turn; a repeated message counts once. Raises TimeoutError.
        """
        while True:
            for message in self.backlog:
                if self._fits(message, method, code, call_id, of):
                    self.backlog.remove(message)
                    return message
            message = Message(self.socket.recv(65535).decode())
            if message.text not in [waiting.text for waiting in self.backlog]:
                self.backlog.append(message)

    def final(self, leg: Leg) -> tuple[Message, list[int]]:
        """The final answer to our INVITE, acknowledged when it is a refusal, and the codes before it."""
        before = []
        while True:
            reply = self._reply(leg)
            if reply.code >= 200:
                leg.to = reply.get("To")
                if reply.code >= 300:
                    self.send(_request(leg, "ACK", self.address))
                return reply, before
            before.append(reply.code)

    def _reply(self, leg: Leg) -> Message:
        while True:
            for message in self.backlog:
                if message.code and message.get("Call-ID") == leg.call_id and message.cseq[1] == "INVITE":
                    self.backlog.remove(message)
                    return message
            self.backlog.append(Message(self.socket.recv(65535).decode()))

    @staticmethod
    def _fits(message: Message, method: str, code: int, call_id: str, of: str) -> bool:
        if call_id and message.get("Call-ID") != call_id:
            return False
        if of and message.cseq[1] != of:
            return False
        return message.method == method if method else message.code == code

    def invite(self, user: str, headers: dict[str, str], body: str | None = None, **extra: str) -> Leg:
        """Send an INVITE towards `user`, with these private headers, as Alice of carillon.test."""
        number = next(_serial)
        leg = Leg(
            call_id=f"in{number}@{self.address}",
            branch=f"z9hG4bK{number}",
            uri=f"sip:{user}@{self.address}:5080",
            from_=f'"Alice Martin" <sip:101@carillon.test>;tag=a{number}',
            to=f"<sip:{user}@carillon.test>",
            headers=tuple(f"{name}: {value}" for name, value in {**headers, **extra}.items()),
        )
        leg.invite = sdp(self.address, 40000) if body is None else body
        self.send(_request(leg, "INVITE", self.address, leg.invite))
        return leg

    def again(self, leg: Leg, method: str, body: str = "") -> None:
        """Send a further request inside the dialog of `leg`."""
        if method not in ("ACK", "CANCEL"):
            leg.cseq += 1
        if method != "CANCEL":
            leg.branch = f"z9hG4bK{next(_serial)}"
        self.send(_request(leg, method, self.address, body))

    def acknowledge(self, leg: Leg, answer: Message) -> None:
        """Acknowledge an answered call; further requests go to where the answer says."""
        leg.uri = re.findall(r"<(.+?)>", answer.get("Contact"))[0]
        self.again(leg, "ACK")

    def hang_up(self, leg: Leg, answer: Message) -> None:
        """End an answered call, and let the far end's leg end too."""
        self.await_("ACK")
        self.acknowledge(leg, answer)
        self.again(leg, "BYE")
        self.answer(self.await_("BYE"), 200)

    def answer(self, request: Message, code: int, reason: str = "Words", body: str = "", extra: str = "") -> None:
        """Answer a request that came from Asterisk."""
        vias = "".join(f"Via: {via}\r\n" for via in request.all("Via"))
        to = request.get("To")
        if "tag=" not in to and code > 100:
            to += ";tag=far"
        kind = "Content-Type: application/sdp\r\n" if body else ""
        self.send(
            f"SIP/2.0 {code} {reason}\r\n{vias}From: {request.get('From')}\r\nTo: {to}\r\n"
            f"Call-ID: {request.get('Call-ID')}\r\nCSeq: {request.get('CSeq')}\r\n"
            f"Contact: <sip:far@{self.address}:5060>\r\n{extra}{kind}Content-Length: {len(body)}\r\n\r\n{body}"
        )


def _request(leg: Leg, method: str, address: str, body: str = "") -> str:
    kind = "Content-Type: application/sdp\r\n" if body else ""
    headers = "".join(f"{header}\r\n" for header in leg.headers)
    return (
        f"{method} {leg.uri} SIP/2.0\r\nVia: SIP/2.0/UDP {address}:5060;branch={leg.branch};rport\r\n"
        f"From: {leg.from_}\r\nTo: {leg.to}\r\nCall-ID: {leg.call_id}\r\nCSeq: {leg.cseq} {method}\r\n"
        f"Max-Forwards: 70\r\nContact: <sip:101@{address}:5060>\r\n{headers}{kind}"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
