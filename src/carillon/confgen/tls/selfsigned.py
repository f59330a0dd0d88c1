"""The certificate that a system starts with: signed by itself, for its domains and addresses."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = timedelta(days=825)
RENEW_BEFORE = timedelta(days=30)


def ensure_certificate(directory: Path, domains: tuple[str, ...], addresses: tuple[str, ...]) -> bool:
    """Make `certificate.pem` and `key.pem` (0600) in `directory` when they are missing.

    A certificate of our own making is made anew when it is near its end or lacks a name; anybody else's is
    never touched. Returns whether one was made.
    """
    if (directory / "certificate.pem").exists() and not _stale(directory, domains, addresses):
        return False
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write(directory / "key.pem", text, 0o600)
    _write(directory / "certificate.pem", _sign(key, domains, addresses).public_bytes(Encoding.PEM), 0o644)
    return True


def _stale(directory: Path, domains: tuple[str, ...], addresses: tuple[str, ...]) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate((directory / "certificate.pem").read_bytes())
    except ValueError:
        return False
    if certificate.issuer != certificate.subject or not certificate.issuer.rfc4514_string().endswith("O=Carillon"):
        return False
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    if not {*_names(domains, addresses)} <= {*names}:
        return True
    return certificate.not_valid_after_utc - datetime.now(UTC) < RENEW_BEFORE


def _names(domains: tuple[str, ...], addresses: tuple[str, ...]) -> list[x509.GeneralName]:
    return [
        *(x509.DNSName(domain) for domain in domains),
        *(x509.IPAddress(ip_address(address)) for address in addresses),
    ]


def _sign(key: ec.EllipticCurvePrivateKey, domains: tuple[str, ...], addresses: tuple[str, ...]) -> x509.Certificate:
    now = datetime.now(UTC)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Carillon"),
            x509.NameAttribute(NameOID.COMMON_NAME, domains[0][:64]),
        ]
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName(_names(domains, addresses)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    fresh.replace(path)
