"""Does a SIP server answer? Any answer to an OPTIONS will do."""

from __future__ import annotations

import secrets
import socket
from ipaddress import ip_address


def answers_options(
    address: str, port: int, source: str, timeout_s: float = 1.0, kind: socket.SocketKind = socket.SOCK_DGRAM
) -> str:
    """Send an OPTIONS from `source` by UDP, or TCP (SOCK_STREAM); empty when anything comes back, else what is wrong.

    Sent twice, as UDP may lose one (RFC 3261 §17.1.2.2).
    """
    family = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET
    with socket.socket(family, kind) as probe:
        probe.settimeout(timeout_s / 2)
        try:
            probe.bind((source, 0))
            probe.connect((address, port))
        except OSError as error:
            return f"{address}:{port} can't be asked ({error.strerror})"
        message = _options(address, port, probe.getsockname()[:2], "UDP" if kind == socket.SOCK_DGRAM else "TCP")
        return "" if any(_ask(probe, message) for _ in range(2)) else f"no SIP answer from {address}:{port}"


def _ask(probe: socket.socket, message: bytes) -> bool:
    try:
        probe.send(message)
        return probe.recv(65535).startswith(b"SIP/2.0 ")
    except OSError:
        return False


def _options(address: str, port: int, own: tuple[str, int], transport: str) -> bytes:
    host = f"[{address}]" if ":" in address else address
    source = f"[{own[0]}]" if ":" in own[0] else own[0]
    token = secrets.token_hex(8)
    via = f"SIP/2.0/{transport} {source}:{own[1]};branch=z9hG4bK{token};rport"
    return (
        f"OPTIONS sip:{host}:{port} SIP/2.0\r\nVia: {via}\r\n"
        f"From: <sip:status@{source}>;tag={token}\r\nTo: <sip:{host}:{port}>\r\nCall-ID: {token}@{source}\r\n"
        f"CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nUser-Agent: Carillon status\r\nContent-Length: 0\r\n\r\n"
    ).encode()
