"""Asking a name server."""

from __future__ import annotations

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rdatatype

PATIENCE_S = 1.0


def answers(address: str, port: int, domain: str, patience_s: float = PATIENCE_S) -> bool:
    """Whether a name server is there and answers for this domain itself."""
    return serial_of(address, port, domain, patience_s) is not None


def serial_of(address: str, port: int, domain: str, patience_s: float = PATIENCE_S) -> int | None:
    """The serial of the domain's zone at a name server of its; None when it doesn't answer for it."""
    question = dns.message.make_query(domain, dns.rdatatype.SOA)
    try:
        answer = dns.query.udp(question, address, port=port, timeout=patience_s)
    except (OSError, dns.exception.DNSException):
        return None
    if not answer.flags & dns.flags.AA:
        return None
    return next((each.serial for rows in answer.answer for each in rows if rows.rdtype == dns.rdatatype.SOA), None)
