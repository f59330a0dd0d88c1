"""A hand-made SIP agent: says exactly what a test wants said, right or wrong, and shows all that came back.

agent = RawAgent("101", "example.org", password="secret", namespace="cl-raw", address="10.77.0.20")
assert agent.register(expires=60).code == 200
agent.send(agent.request("INVITE", "sip:102@example.org").text.replace("CSeq:", "CSeq :"))
call = agent.expect("INVITE"); agent.respond(call, 503, headers=[("Retry-After", "5")])
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable, Sequence

from tests.phones.compose import Headers, ack_of, answered, build_request, build_response, offer
from tests.phones.digest import Login, choose, credentials
from tests.phones.links import Datagrams, Link, Peer, Streams
from tests.phones.message import Message, uri_of
from tests.phones.settings import Transport

PATIENCE = 20.0  # seconds: a machine with too much to do is late, not wrong
T1 = 0.5  # seconds to the first retransmission over UDP (RFC 3261 §17.1.1.1)


class RawAgent:
    """One agent with one socket; it does nothing by itself but retransmit, and ACK a refused INVITE."""

    def __init__(
        self,
        user: str,
        domain: str,
        *,
        password: str = "",
        auth_user: str | None = None,
        algorithm: str = "SHA-256",
        proxy: str | None = "10.77.0.1:5060",
        transport: Transport = "udp",
        namespace: str | None = None,
        address: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """Open the agent's socket.

        `algorithm`: MD5, SHA-256 or SHA-512-256, for challenges. `proxy` HOST:PORT that all is sent to (for
        tls its TLS port); None: each request goes to its first route or its URI. `port` 0: any.
        """
        self.user, self.domain, self.algorithm, self.transport = user, domain, algorithm, transport
        self.login = Login(auth_user or user, password)
        self.proxy = _peer(proxy) if proxy else None
        self.link: Link = (
            Datagrams(namespace, (address, port))
            if transport == "udp"
            else Streams(namespace, (address, port), transport == "tls")
        )
        self.seen: list[Message] = []  # all that came in, in order
        self._unclaimed: list[Message] = []
        self._cseq = itertools.count(1)

    def __enter__(self) -> RawAgent:
        return self

    def __exit__(self, *_failure: object) -> None:
        self.close()

    @property
    def contact(self) -> str:
        """Its own URI: sip:USER@ADDRESS:PORT, with the transport unless that is UDP."""
        host, port = _bracketed(self.link.local[0]), self.link.local[1]
        suffix = "" if self.transport == "udp" else f";transport={self.transport}"
        return f"sip:{self.user}@{host}:{port}{suffix}"

    def close(self) -> None:
        """Close its socket."""
        self.link.close()

    def request(
        self,
        method: str,
        uri: str,
        *,
        headers: Headers = (),
        routes: Sequence[str] = (),
        body: str = "",
        **fields: str,
    ) -> Message:
        """Compose a request that isn't sent yet; `headers` come besides the mandatory ones.

        `routes`: URIs of Route headers. `fields` replace a mandatory header's whole value: via, from_, to,
        call_id, cseq, contact, max_forwards; "" leaves that header out.
        """
        host, port = _bracketed(self.link.local[0]), self.link.local[1]
        own = {
            "via": f"SIP/2.0/{self.transport.upper()} {host}:{port};rport;branch=z9hG4bK{secrets.token_hex(8)}",
            "from_": f"<sip:{self.user}@{self.domain}>;tag={secrets.token_hex(4)}",
            "to": f"<{uri}>",
            "call_id": secrets.token_hex(12),
            "cseq": f"{next(self._cseq)} {method}",
            "contact": f"<{self.contact}>",
            "max_forwards": "70",
        }
        unknown = fields.keys() - own.keys()
        if unknown:
            raise ValueError(f"no such fields: {sorted(unknown)}; use headers=[(name, value)]")
        return build_request(method, uri, {**own, **fields}, routes=routes, headers=headers, body=body)

    def send(self, message: Message | str | bytes, to: Peer | None = None) -> None:
        """Send anything, as it is; `to` (host, port), the proxy if None."""
        data = message if isinstance(message, bytes) else _message(message).to_bytes()
        self.link.send(data, to or self.proxy or _next_hop(Message.from_bytes(data)))

    def receive(self, timeout: float = PATIENCE) -> Message:
        """Give the next message, whatever it is, that no other verb took; raises TimeoutError (seconds)."""
        return self.await_message(lambda _: True, timeout, "any message")

    def expect(self, method: str, timeout: float = PATIENCE) -> Message:
        """Give the next request of a method; raises TimeoutError (seconds)."""
        return self.await_message(lambda each: each.code is None and each.method == method, timeout, method)

    def forget(self) -> None:
        """Let what no verb took be forgotten."""
        self._unclaimed.clear()

    def exchange(self, request: Message | str, timeout: float = PATIENCE) -> Message:
        """Send a request and give its final response; over UDP it is sent again while nothing comes.

        A refused INVITE is acknowledged; for an accepted one see `Dialog.ack`. Raises TimeoutError (seconds).
        """
        request = _message(request)
        response = self._transact(request, timeout)
        if request.method == "INVITE" and (response.code or 0) >= 300:
            self.send(ack_of(request, response))
        return response

    def authenticated(self, request: Message, timeout: float = PATIENCE) -> Message:
        """Exchange a request, and once more with credentials when it is challenged (401 or 407)."""
        response = self.exchange(request, timeout)
        if response.code not in (401, 407):
            return response
        return self.exchange(self.with_credentials(request, response), timeout)

    def with_credentials(self, request: Message, challenged: Message, login: Login | None = None) -> Message:
        """Compose the same request anew with the answer to a challenge; raises ValueError if none fits."""
        challenge = choose(challenged, self.algorithm)
        value = credentials(challenge, request.method, request.uri, login or self.login)
        return answered(request, next(self._cseq), challenge.header, value)

    def register(self, expires: int = 60, contact: str | None = None, headers: Headers = ()) -> Message:
        """Register its contact (or the given Contact value) with credentials, and give the final response."""
        uri, own = f"sip:{self.domain}", f"<sip:{self.user}@{self.domain}>"
        value = contact if contact is not None else f"<{self.contact}>"
        more = [("Expires", str(expires)), *headers]
        return self.authenticated(self.request("REGISTER", uri, to=own, contact=value, headers=more))

    def invite(self, uri: str, headers: Headers = (), routes: Sequence[str] = ()) -> Message:
        """Compose an INVITE with an offer of G.711 to a URI."""
        more = [*headers, ("Content-Type", "application/sdp")]
        return self.request("INVITE", uri, headers=more, routes=routes, body=self.offer())

    def offer(self) -> str:
        """Give an SDP of G.711 at its own address; no sound comes from there."""
        return offer(self.link.local[0])

    def respond(
        self, request: Message, code: int, reason: str = "", *, headers: Headers = (), body: str = ""
    ) -> Message:
        """Answer a received request with any code; give what was sent. Its own Contact unless one is given."""
        given = code >= 300 or any(name == "Contact" for name, _ in headers)
        more = headers if given else [("Contact", f"<{self.contact}>"), *headers]
        response = build_response(request, code, reason, more, body)
        self.send(response, request.peer)
        return response

    def accept(self, invite: Message, headers: Headers = ()) -> Message:
        """Answer 200 with an SDP of G.711; give what was sent."""
        more = [*headers, ("Content-Type", "application/sdp")]
        return self.respond(invite, 200, headers=more, body=self.offer())

    def await_message(self, fits: Callable[[Message], bool], timeout: float, what: str) -> Message:
        """Give the first message that fits and that no other verb took; raises TimeoutError (seconds)."""
        deadline = time.monotonic() + timeout
        while True:
            for message in self._unclaimed:
                if fits(message):
                    self._unclaimed.remove(message)
                    return message
            try:
                data, peer = self.link.receive(max(deadline - time.monotonic(), 0))
            except TimeoutError:
                seen = "".join(f"\n  {each.start}" for each in self.seen) or " nothing"
                raise TimeoutError(f"{self.user} waited {timeout:g} s for {what}. It saw:{seen}") from None
            self.seen.append(Message.from_bytes(data, peer))
            self._unclaimed.append(self.seen[-1])

    def _transact(self, request: Message, timeout: float) -> Message:
        deadline, interval = time.monotonic() + timeout, T1
        key = (request.header("Call-ID"), request.cseq)
        heard = len(self.seen)

        def final(each: Message) -> bool:
            return (each.code or 0) >= 200 and (each.header("Call-ID"), each.cseq) == key

        self.send(request)
        while True:
            left = deadline - time.monotonic()
            provisional = any((each.header("Call-ID"), each.cseq) == key for each in self.seen[heard:])
            patient = self.transport != "udp" or (provisional and request.method == "INVITE")
            try:
                return self.await_message(
                    final, left if patient else min(interval, left), f"an answer to {request.start}"
                )
            except TimeoutError:
                if time.monotonic() >= deadline:
                    raise
            self.send(request)
            interval *= 2


def _message(message: Message | str) -> Message:
    return Message(message) if isinstance(message, str) else message


def _peer(host_and_port: str) -> Peer:
    if host_and_port.startswith("["):
        host, _, port = host_and_port[1:].partition("]")
        return host, int(port.removeprefix(":") or 5060)
    host, _, port = host_and_port.partition(":")
    return host, int(port or 5060)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _next_hop(request: Message) -> Peer:
    """Give where a request without a proxy goes: the host of its first Route, or of its URI."""
    uri = uri_of(request.header("Route") or request.uri)
    return _peer(uri.partition(":")[2].rpartition("@")[2].split(";")[0])
