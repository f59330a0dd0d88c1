"""Whether it is time for another certificate of a node, and what people are told of the one that it has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from carillon.confgen.tls.authority import AUTHORITY, CERTIFICATE, addresses_of
from carillon.confgen.tls.certificate import Certificate, read_certificate
from carillon.model.node import Node
from carillon.model.refused import Refused

RENEW_BEFORE = timedelta(days=365)
"""A branch may be cut off for long, and a node be down."""
WARN_BEFORE = timedelta(days=90)
"""What isn't renewed by then needs somebody."""


def read(directory: Path, name: str = CERTIFICATE) -> Certificate | None:
    """The certificate of a node, or of its authority; None when there is none that can be read."""
    try:
        return read_certificate((directory / name).read_text())
    except (OSError, Refused, UnicodeDecodeError):
        return None


def is_due(directory: Path, node: Node, now: datetime) -> bool:
    """Whether a node is to have another certificate: it ends within a year, or is for other addresses."""
    known, authority = read(directory), read(directory, AUTHORITY)
    if known is None or authority is None:
        return False
    wanted = {str(ip_address(address)) for address in addresses_of(node)}
    return not wanted <= {*known.names} or min(known.ends, authority.ends) - now < RENEW_BEFORE


def is_authority_due(directory: Path, now: datetime) -> bool:
    """The same of the authority's own."""
    known = read(directory, AUTHORITY)
    return known is not None and known.ends - now < RENEW_BEFORE


def words(directory: Path, why: str = "", now: datetime | None = None) -> str:
    """What `status` says of a node's certificate that has ended, or will within 90 days; `why` it isn't renewed."""
    known, authority = read(directory), read(directory, AUTHORITY)
    if known is None or authority is None:
        return ""
    ends, left = min(known.ends, authority.ends), min(known.ends, authority.ends) - (now or datetime.now(UTC))
    if left >= WARN_BEFORE:
        return ""
    cause = f" ({why})" if why else ""
    if left <= timedelta():
        return f"the certificate by which other nodes know this one ended on {ends:%Y-%m-%d}{cause}"
    days = f"in {left.days} days" if left.days > 1 else "within two days"
    return f"the certificate by which other nodes know this one ends {days}, and could not be renewed yet{cause}"
