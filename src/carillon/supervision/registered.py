"""Who is registered now: from the running Kamailio's memory, else from the file that the stopped one left."""

from __future__ import annotations

import time
from typing import Any

from carillon.sip.uri import SipUri
from carillon.stores.registrations import Registration, registrations
from carillon.supervision.rpc import NotThere, RpcFailed, call
from carillon.system.paths import SystemPaths

NOT_SET = "[not set]"


def registered(paths: SystemPaths, aor: tuple[str, str] | None = None) -> list[Registration]:
    """The bindings that have not expired, all or those of one AOR (extension, domain); raises StoreDown.

    Kamailio is never asked to write its file: its control process has no database connection and would lose rows.
    A dump too large for one datagram is read from the file instead, which is a second behind.
    """
    now = time.time()
    try:
        found = _in_memory(paths, aor, now) if paths.kamailio_rpc.exists() else None
    except RpcFailed:
        found = None
    if found is None:
        found = registrations(paths.state / "location.db", aor)
    return [each for each in found if each.expires > now]


def _in_memory(paths: SystemPaths, aor: tuple[str, str] | None, now: float) -> list[Registration]:
    if aor is not None:
        try:
            record = call(paths.kamailio_rpc, "ul.lookup", "location", f"{aor[0]}@{aor[1]}")
        except NotThere:
            return []
        return _bindings(record, now)
    domains = call(paths.kamailio_rpc, "ul.dump")["Domains"]
    return [
        binding
        for domain in domains
        for record in domain["Domain"]["AoRs"]
        for binding in _bindings(record["Info"], now)
    ]


def _bindings(record: dict[str, Any], now: float) -> list[Registration]:
    extension, _, domain = str(record["AoR"]).partition("@")
    return [_binding(extension, domain, each["Contact"], now) for each in record["Contacts"]]


def _binding(extension: str, domain: str, contact: dict[str, Any], now: float) -> Registration:
    received = contact["Received"]
    target = SipUri.parse(contact["Address"] if received == NOT_SET else received) or SipUri("", "?")
    expires, transport = contact["Expires"], str(contact["Socket"]).partition(":")[0]
    return Registration(
        extension=extension,
        domain=domain,
        contact=contact["Address"],
        address=f"{target.host}:{target.port or 5060}",
        transport=transport,
        user_agent=contact["User-Agent"] if contact["User-Agent"] != NOT_SET else "",
        q=contact["Q"] if contact["Q"] >= 0 else None,
        since=float(contact["Last-Modified"]),
        expires=now + expires if isinstance(expires, int) else now,
        connected=None if transport == "udp" else contact["Tcpconn-Id"] >= 0,
        leads_to="" if received == NOT_SET else received,
    )
