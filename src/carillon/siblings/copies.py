"""Copies of siblings' registrations, stored in the own Kamailio: by a REGISTER over loopback for each that is news."""

from __future__ import annotations

import asyncio
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from carillon.model.refused import Refused
from carillon.siblings.told import news
from carillon.sip.private import KEPT_FLAGS, LEADS_TO, OURS, SOCKET
from carillon.stores.registrationjournal import Binding
from carillon.supervision.bound import bound
from carillon.supervision.rpc import NotThere, RpcFailed, call

PATIENCE_S = 1.0
Place = tuple[str, int]


class Registrar(asyncio.DatagramProtocol):
    """Speaks to Kamailio from the one address by which that knows who brings copies."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[int]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Place) -> None:
        """A reply: its final code, to who waits for that branch."""
        text = data.decode("utf-8", "replace")
        branch = text.partition("branch=z9hG4bK")[2][:16]
        code = text.split(" ", 2)[1] if text.startswith("SIP/2.0 ") else ""
        waiting = self._waiting.get(branch)
        if waiting and not waiting.done() and code.isdigit() and int(code) >= 200:
            waiting.set_result(int(code))

    async def asks(self, message: str, branch: str) -> int:
        """Send a request; its final code, 408 for silence."""
        waiting = self._waiting[branch] = asyncio.get_running_loop().create_future()
        self._transport.sendto(message.encode())
        try:
            return await asyncio.wait_for(waiting, PATIENCE_S)
        except TimeoutError:
            return 408
        finally:
            del self._waiting[branch]


@dataclass(frozen=True, slots=True)
class Copies:
    """Where copies go. `own` is where we speak from, `socket` (tls:ADDRESS:PORT) by which siblings are reached."""

    rpc: Path
    registrar: Registrar
    own: Place
    socket: str

    async def take(self, home: str, aor: str, told: tuple[Binding, ...]) -> None:
        """Make true what the node that is reached by the URI `home` says of an address of record.

        Raises RpcFailed, also when one contact could not be stored; the others are all the same.
        """
        here = await asyncio.to_thread(bound, self.rpc, aor)
        now = news(told, here, home, int(time.time()))
        failed = [words for one in now.stored if (words := await self._store(aor, one, home))]
        for contact in now.removed:
            await self._forget(aor, contact)
        if failed:
            raise RpcFailed("; ".join(failed))

    async def restore(self, aor: str, known: tuple[Binding, ...]) -> bool:
        """Store contacts again that have their home here, and that Kamailio no longer has; whether it has all now.

        Before it has let one go, it takes nothing in its place. Raises RpcFailed.
        """
        here = {one.contact for one in await asyncio.to_thread(bound, self.rpc, aor)}
        codes = [200]
        for one in known:
            if one.contact not in here:
                branch = secrets.token_hex(8)
                message = register(aor, one, one.received, self.own, one.socket, branch, ours=True)
                codes.append(await self.registrar.asks(message, branch))
        return set(codes) == {200}

    async def _store(self, aor: str, one: Binding, home: str) -> str:
        """Why it could not be stored; "" when it was."""
        branch = secrets.token_hex(8)
        try:
            message = register(aor, one, home, self.own, self.socket, branch)
        except Refused as refused:
            return str(refused)
        code = await self.registrar.asks(message, branch)
        return "" if code == 200 else f"Kamailio answered {code} to the copy of a registration of {aor}"

    async def _forget(self, aor: str, contact: str) -> None:
        with suppress(NotThere):
            await asyncio.to_thread(call, self.rpc, "ul.rm_contact", "location", aor, contact)


def register(aor: str, one: Binding, home: str, own: Place, socket: str, branch: str, *, ours: bool = False) -> str:
    """The REGISTER that stores a contact of a sibling's, or one of `ours` again; raises `Refused` for one that would be
    more than a line.
    """
    parameters = [f"expires={max(1, one.expires - int(time.time()))}"]
    if one.q >= 0:
        parameters.append(f"q={one.q / 1000:.3f}")
    if one.instance:
        parameters.append(f'+sip.instance="{one.instance}"')
    if one.reg_id:
        parameters.append(f"reg-id={one.reg_id}")
    headers = [
        f"From: <sip:{aor}>;tag={branch}",
        f"To: <sip:{aor}>",
        f"Call-ID: {one.call_id}",
        f"CSeq: {one.cseq} REGISTER",
        f"Contact: <{one.contact}>;{';'.join(parameters)}",
        "Supported: path, outbound",
        *((f"User-Agent: {one.user_agent}",) if one.user_agent else ()),
        f"{LEADS_TO}: {home}",
        f"{KEPT_FLAGS}: {one.flags}{OURS if ours else ''}",
        *((f"Path: {one.path}",) if ours and one.path else ()),
        f"{SOCKET}: {socket}",
    ]
    if any("\r" in line or "\n" in line for line in headers):
        raise Refused("registration", f"a contact of {aor} is more than a line.")
    return request(f"REGISTER sip:{aor.rpartition('@')[2]}", own, branch, *headers)


def request(what: str, own: Place, branch: str, *headers: str, hops: int = 1) -> str:
    """A request of a method and for a URI to the own Kamailio, with these headers besides what all have.

    `hops` is how far it may go: no further than there, if it isn't for a phone.
    """
    via = f"Via: SIP/2.0/UDP {written(own)};branch=z9hG4bK{branch}"
    lines = f"{what} SIP/2.0", via, f"Max-Forwards: {hops}", *headers, "Content-Length: 0"
    return "\r\n".join(lines) + "\r\n\r\n"


def written(place: Place) -> str:
    """A place as it stands in SIP: an IPv6 address in brackets."""
    address, port = place
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
