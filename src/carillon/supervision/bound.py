"""All that the running Kamailio keeps of the contacts of one address of record."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from carillon.stores.registrationjournal import Binding
from carillon.supervision.registered import NOT_SET
from carillon.supervision.rpc import NotThere, call


def bound(rpc: Path, aor: str) -> list[Binding]:
    """The contacts that an address of record has in the running Kamailio; raises RpcFailed."""
    now = int(time.time())
    return [_binding(each, now) for each in _contacts(rpc, aor) if isinstance(each["Expires"], int)]


def connections(rpc: Path, aor: str) -> dict[str, int]:
    """The engine's number of the connection of each contact that has one; raises RpcFailed."""
    return {str(each["Address"]): int(each["Tcpconn-Id"]) for each in _contacts(rpc, aor) if each["Tcpconn-Id"] >= 0}


def _contacts(rpc: Path, aor: str) -> list[dict[str, Any]]:
    try:
        return [each["Contact"] for each in call(rpc, "ul.lookup", "location", aor)["Contacts"]]
    except NotThere:
        return []


def _binding(contact: dict[str, Any], now: int) -> Binding:
    def text(name: str) -> str:
        return "" if contact[name] == NOT_SET else str(contact[name])

    return Binding(
        contact=text("Address"),
        received=text("Received"),
        path=text("Path"),
        call_id=text("Call-ID"),
        user_agent=text("User-Agent"),
        socket=text("Socket"),
        instance=text("Instance"),
        ruid=text("Ruid"),
        expires=now + contact["Expires"],
        q=round(contact["Q"] * 1000) if contact["Q"] >= 0 else -1,
        cseq=contact["CSeq"],
        reg_id=contact["Reg-Id"],
        modified=contact["Last-Modified"],
        flags=contact["CFlags"],
    )
