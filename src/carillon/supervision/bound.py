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
    try:
        record = call(rpc, "ul.lookup", "location", aor)
    except NotThere:
        return []
    now = int(time.time())
    return [
        _binding(each["Contact"], now) for each in record["Contacts"] if isinstance(each["Contact"]["Expires"], int)
    ]


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
