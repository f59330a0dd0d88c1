"""The four verbs for the certificate."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from carillon.confgen.system import System
from carillon.confgen.tls.authority import AUTHORITY, CERTIFICATE, KEY, problem

NAME = "tls"
NODES = (AUTHORITY, CERTIFICATE, KEY)


@dataclass(frozen=True, slots=True)
class Context:
    """The certificate with its chain and its key, as PEM; `now` is when they are to be used.

    `nodes` are the files by which other nodes know this one, `node`; empty where there are no others.
    """

    directory: Path
    certificate: str
    key: str = field(repr=False)
    now: datetime
    node: str = ""
    nodes: dict[str, str] = field(default_factory=dict, repr=False)


def context(system: System) -> Context:
    """Read the certificate and key of this system. Raises OSError when there are none."""
    directory = system.paths.tls
    return Context(
        directory=directory,
        certificate=(directory / "certificate.pem").read_text(),
        key=(directory / "key.pem").read_text(),
        now=datetime.now(UTC),
        node=system.node.name,
        nodes={name: _text(system.paths.cluster / name) for name in NODES} if system.siblings else {},
    )


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def verify(context: Context) -> list[str]:
    """Problems in the operator's words; an empty list means that TLS can be offered."""
    where = context.directory
    try:
        certificate = x509.load_pem_x509_certificate(context.certificate.encode())
    except ValueError:
        return [f"certificate: {where}/certificate.pem is no PEM certificate; replace or remove it."]
    try:
        key = load_pem_private_key(context.key.encode(), password=None)
    except (ValueError, TypeError):
        return [f"key: {where}/key.pem is no PEM key without a password; replace or remove it."]
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*form) != certificate.public_key().public_bytes(*form):
        return [f"key: {where}/key.pem doesn't belong to certificate.pem; replace both."]
    if certificate.not_valid_after_utc < context.now:
        return [f"certificate: {where}/certificate.pem ended on {certificate.not_valid_after_utc:%Y-%m-%d}."]
    return _wrong_with(context.nodes, context.node)


def _wrong_with(nodes: dict[str, str], own: str) -> list[str]:
    if not nodes:
        return []
    wrong = problem(nodes[AUTHORITY], nodes[CERTIFICATE], nodes[KEY], own)
    return [f"cluster: {wrong}; join the system again."] if wrong else []


def files(context: Context) -> dict[str, str]:
    """Certificates and keys, by name."""
    return {"certificate.pem": context.certificate, "key.pem": context.key, **context.nodes}
