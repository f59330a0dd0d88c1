"""A worker of a small office, on the engine on paper, and the messages of a plain call."""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.plain.paper import Paper

from carillon.provisioning import devices, users
from carillon.provisioning.system import create_system, open_truth
from carillon.sip.dialogproof import proof
from carillon.sip.digest import Credentials, proved
from carillon.sip.legid import make_leg_id
from carillon.sip.seal import Secrets
from carillon.stores.directory import refresh
from carillon.stores.secretring import FIRST, Ring
from carillon.system.paths import SystemPaths

if TYPE_CHECKING:
    from carillon.kamailio.worker import Worker

DOMAIN, SECRET = "example.org", Secrets(b"s" * 32)
GATEWAY = ("127.79.0.1", 5080)
FEED = ("127.79.0.2", 5071)
PASSWORD = "a long secret"
LEG = make_leg_id(SECRET, "0123456789abcdef01234567")
SDP = (
    "v=0\r\no=- 1 1 IN IP4 10.79.0.9\r\ns=-\r\nc=IN IP4 10.79.0.9\r\nt=0 0\r\nm=audio 20000 RTP/AVP 9 8 0 101\r\n"
    "a=rtpmap:9 G722/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-16\r\na=sendrecv\r\n"
)


@contextmanager
def paper_engine() -> Iterator[Paper]:
    """The engine on paper, in the place of Kamailio's; afterwards nothing of it is left."""
    paper, known = Paper(), set(sys.modules)
    before = {name: module for name, module in sys.modules.items() if name.startswith("carillon.kamailio")}
    for name in before:
        del sys.modules[name]
    sys.modules["KSR"] = paper  # type: ignore[assignment]
    try:
        yield paper
    finally:
        for name in set(sys.modules) - known | set(before) | {"KSR"}:
            if name.startswith("carillon.kamailio") or name == "KSR":
                sys.modules.pop(name, None)
        sys.modules.update(before)


class PaperOffice:
    """Alice has 101, Bob 102, Carol 103; all have a phone, `alice` and so on, which is registered."""

    def __init__(self, paper: Paper, directory: Path, siblings: tuple[tuple[str, list[str], int], ...] = ()) -> None:
        self.paper, self.place, self.siblings = paper, directory, siblings
        paths = SystemPaths.of(directory / "office")
        create_system(paths.directory, DOMAIN, "10.79.0.1")
        self.truth = open_truth(paths)
        for extension, name in (("101", "Alice Martin"), ("102", "Bob Peeters"), ("103", "Carol")):
            users.add(self.truth, "the tests", extension, name)
            devices.add(self.truth, "the tests", name.split(" ")[0].lower(), extension, PASSWORD)
            paper.contacts[f"{extension}@{DOMAIN}"] = [(f"sip:{extension}@10.79.0.9:5070", 0)]
        self.refresh()
        self.collector = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.collector.bind(str(directory / "trace"))
        self.collector.listen()
        self.collector.setblocking(False)
        self.worker = self._worker()
        self.worker.child_init(1)

    def close(self) -> None:
        self.worker.tracer.close()
        if (changed := self.worker.means.changed) is not None:
            changed.close()
        self.worker.directory.close()
        self.collector.close()
        self.truth.dispose()

    def refresh(self) -> None:
        """What has been changed is in force."""
        refresh(self.truth, self.place / "directory.db", os.geteuid())

    def refresh_anew(self) -> None:
        """The directory as the truth has it, whatever has been done to it."""
        self.worker.directory.close()
        for file in self.place.glob("directory.db*"):
            file.unlink()
        self.refresh()

    def _worker(self) -> Worker:
        from carillon.kamailio.settings import Settings
        from carillon.kamailio.worker import Worker

        (self.place / "secrets").write_text(Ring(FIRST, SECRET.current).written())
        (self.place / "journal").mkdir()
        sockets = {"4": "udp:127.79.0.2:5060"}
        values: dict[str, Any] = {
            "default_domain": DOMAIN, "gateways": [GATEWAY], "hosts": ["10.79.0.1"], "secrets": self.place / "secrets",
            "ring_s": 60, "gateways6": [], "presence": ("127.79.0.2", 5090), "trusted": [],
            "presence_socket": "udp:127.79.0.2:5065",
            "gateway_sockets": sockets, "outside_sockets": {"4": "udp:10.79.0.1:5060"}, "advertised": None,
            "directory": self.place / "directory.db", "redis_socket": self.place / "redis",
            "trace_socket": self.place / "trace", "trunk_logins": self.place / "logins",
            "registration_journal": self.place / "journal", "names_asked": self.place / "names",
            "recordings": self.place / "spool", "relay": (GATEWAY[0], 5087),
        }  # fmt: skip
        if self.siblings:
            values |= {
                "siblings": self.siblings, "cluster_port": 5069, "cluster_socket": "tls:10.79.0.1:5069",
                "registrations_changed": self.place / "changed", "bans_told": self.place / "bans", "feed": FEED,
            }  # fmt: skip
        written = self.place / "settings.json"
        written.write_text(json.dumps(values, default=str))
        return Worker(Settings.read(written))


def invite(credentials: str = "", *, caller: str = "101", called: str = "102", more: str = "", sdp: str = SDP) -> str:
    return (
        f"INVITE sip:{called}@{DOMAIN} SIP/2.0\r\nVia: SIP/2.0/UDP 10.79.0.9:5070;rport;branch=z9hG4bK1\r\n"
        f'Max-Forwards: 70\r\nFrom: "Somebody" <sip:{caller}@{DOMAIN}>;tag=f1\r\nTo: <sip:{called}@{DOMAIN}>\r\n'
        f"Call-ID: c1@10.79.0.9\r\nCSeq: 1 INVITE\r\nContact: <sip:{caller}@10.79.0.9:5070>\r\n{credentials}{more}"
        "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, NOTIFY, REFER, UPDATE, PRACK\r\n"
        "Supported: replaces, timer, 100rel\r\nUser-Agent: Bench\r\nContent-Type: application/sdp\r\n"
        f"Content-Length: {len(sdp)}\r\n\r\n{sdp}"
    )


def invite_out(*, called: str = "102", more: str = "") -> str:
    private = (
        f"X-Carillon-Leg: {LEG}\r\nX-Carillon-Caller: 101@{DOMAIN}\r\nX-Carillon-Called: {called}@{DOMAIN}\r\n"
        "X-Carillon-Origin: internal\r\n"
    )
    return invite(called=called, more=private + more).replace("Somebody", "Alice Martin")


def register(credentials: str = "", *, user: str = "101", more: str = "", expires: str = "3600") -> str:
    return (
        f"REGISTER sip:{DOMAIN} SIP/2.0\r\nVia: SIP/2.0/UDP 10.79.0.9:5070;rport;branch=z9hG4bK1\r\n"
        f"Max-Forwards: 70\r\nFrom: <sip:{user}@{DOMAIN}>;tag=f1\r\nTo: <sip:{user}@{DOMAIN}>\r\n"
        "Call-ID: r1@10.79.0.9\r\n"
        f"CSeq: 1 REGISTER\r\nContact: <sip:{user}@10.79.0.9:5070>\r\n{credentials}{more}Expires: {expires}\r\n"
        "User-Agent: Bench\r\nContent-Length: 0\r\n\r\n"
    )


def within(method: str, uri: str, *, sender: str = "f1", to: str = "t1", more: str = "", mark: str = "") -> str:
    mark = mark or proof(SECRET, "c1@10.79.0.9", "f1")
    return (
        f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 10.79.0.9:5070;rport;branch=z9hG4bK1\r\n"
        f"Route: <sip:10.79.0.1;lr;ftag=f1;proof={mark}>\r\nMax-Forwards: 70\r\n"
        f"From: <sip:101@{DOMAIN}>;tag={sender}\r\nTo: <sip:102@{DOMAIN}>;tag={to}\r\nCall-ID: c1@10.79.0.9\r\n"
        f"CSeq: 2 {method}\r\n{more}Content-Length: 0\r\n\r\n"
    )


def reply(code: int, reason: str, *, more: str = "", sdp: str = SDP, contact: str = "sip:102@10.79.0.9:5070") -> str:
    body = sdp if code != 180 else ""
    kind = "Content-Type: application/sdp\r\n" if body else ""
    return (
        f"SIP/2.0 {code} {reason}\r\nVia: SIP/2.0/UDP 127.79.0.2:5060;branch=z9hG4bK2\r\n"
        "Record-Route: <sip:10.79.0.1;lr;ftag=f1;proof=x>\r\n"
        f'From: "Alice" <sip:101@{DOMAIN}>;tag=f1\r\nTo: <sip:102@{DOMAIN}>;tag=t1\r\nCall-ID: c1@10.79.0.9\r\n'
        f"CSeq: 1 INVITE\r\nContact: <{contact}>\r\n{more}{kind}Content-Length: {len(body)}\r\n\r\n{body}"
    )


def answered(told: list[tuple[str, tuple[object, ...]]], method: str, uri: str, device: str = "alice") -> str:
    """The header of credentials that answers the challenge that the engine was told to give."""
    header = next(str(values[0]) for name, values in told if name == "hdr.append_to_reply")
    nonce = re.findall(r'nonce="([^"]+)"', header)[0]
    ha1 = hashlib.sha256(f"{device}:{DOMAIN}:{PASSWORD}".encode()).hexdigest()
    asked = Credentials(device, DOMAIN, nonce, uri, "", "SHA-256", "auth", "00000001", "cn")
    response = proved(asked, method, "", ha1).response
    name = "Authorization" if method == "REGISTER" else "Proxy-Authorization"
    return (
        f'{name}: Digest username="{device}",realm="{DOMAIN}",cnonce="cn",nc=00000001,qop=auth,uri="{uri}",'
        f'nonce="{nonce}",response="{response}",algorithm=SHA-256\r\n'
    )


GATEWAY_PLACE: dict[str, Any] = {"address": GATEWAY[0], "port": GATEWAY[1]}
PLAIN_CALL = ("challenge", "INVITE in", "INVITE out", "180 in", "200 in", "180 out", "200 out", "ACK in", "BYE in")
