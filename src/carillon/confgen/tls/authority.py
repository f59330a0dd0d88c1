"""By what the nodes of a system know each other: an authority of its own, and a certificate of it for each node.

The authority signs nodes and nothing else. Phones never see it, and a certificate of theirs opens nothing here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from carillon.model.node import Node
from carillon.model.refused import Refused

AUTHORITY, AUTHORITY_KEY = "ca.pem", "ca.key"
CERTIFICATE, KEY = "node.pem", "node.key"
LIFETIME = timedelta(days=3650)
"""Nodes are let in by hand and taken out by name: a certificate that ends in the night would cut a system in two.

It is renewed long before (`renewing.py`)."""
EARLIER = timedelta(days=1)
"""A clock that is behind does not keep a node out."""


@dataclass(frozen=True, slots=True)
class NodeCertificate:
    """What a node gets when it joins, as PEM: its certificate, its key, and the authority that others are held to."""

    authority: str
    certificate: str
    key: str = field(repr=False)


def ensure_authority(directory: Path) -> bool:
    """Make `ca.pem` and `ca.key` (0600) in `directory` unless they are there. Returns whether they were made."""
    if (directory / AUTHORITY).exists():
        return False
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    _write(directory / AUTHORITY_KEY, _private(key), 0o600)
    _write(directory / AUTHORITY, _pem(_self_signed(key, datetime.now(UTC) - EARLIER)), 0o644)
    return True


def renew_authority(directory: Path) -> None:
    """A certificate of the same key and name that ends later: what was signed under the old one is good under both.

    So each main may do it for itself. Raises `Refused` when there is no key here.
    """
    old, signer = _signer(directory)
    _write(directory / AUTHORITY, _pem(_self_signed(signer, old.not_valid_before_utc)), 0o644)


def issue(directory: Path, node: Node) -> NodeCertificate:
    """A new certificate for a node, by the authority in `directory`. Raises `Refused` when that has no key here."""
    return issue_for(directory, node.name, addresses_of(node))


def addresses_of(node: Node) -> tuple[str, ...]:
    """For which addresses its certificate is."""
    return (*node.addresses, node.public_address)


def issue_for(directory: Path, name: str, addresses: Iterable[str]) -> NodeCertificate:
    """The same for whatever has this name and these addresses."""
    key = ec.generate_private_key(ec.SECP256R1())
    authority, certificate = signed_for(directory, name, addresses, key.public_key())
    return NodeCertificate(authority, certificate, _private(key).decode())


def signed_for(
    directory: Path, name: str, addresses: Iterable[str], public: ec.EllipticCurvePublicKey
) -> tuple[str, str]:
    """The authority and the certificate that it gives to whoever has this key, as PEM. Raises `Refused`."""
    authority, signer = _signer(directory)
    found = [x509.IPAddress(ip_address(address)) for address in sorted({*addresses})]
    both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    # It holds since the authority does: a clock that was ahead here mustn't keep a node out until then.
    signed = (
        _begun(_named(name), authority.subject, public, authority.not_valid_before_utc)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name), *found]), critical=False)
        .add_extension(x509.ExtendedKeyUsage(both), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
            critical=False,
        )
        .sign(signer, hashes.SHA256())
    )
    return _pem(authority).decode(), _pem(signed).decode()


def _signer(directory: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    try:
        authority = x509.load_pem_x509_certificate((directory / AUTHORITY).read_bytes())
        signer = load_pem_private_key((directory / AUTHORITY_KEY).read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise Refused("cluster", f"{directory} holds no authority that can sign; add nodes where it is.") from error
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    return authority, signer


def _self_signed(key: ec.EllipticCurvePrivateKey, begins: datetime) -> x509.Certificate:
    name = _named("Carillon nodes")
    return (
        _begun(name, name, key.public_key(), begins)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def request(name: str) -> tuple[str, str]:
    """A new key, and the wish for a certificate of it under this name (PKCS #10, RFC 2986), as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    wish = x509.CertificateSigningRequestBuilder().subject_name(_named(name)).sign(key, hashes.SHA256())
    return _private(key).decode(), wish.public_bytes(Encoding.PEM).decode()


def granted(directory: Path, node: Node, wish: str) -> tuple[str, str]:
    """What a node that wishes it so gets, as `signed_for`: for its own name and addresses only. Raises `Refused`."""
    try:
        asked = x509.load_pem_x509_csr(wish.encode())
        public, proved = asked.public_key(), asked.is_signature_valid
    except (ValueError, TypeError) as error:
        raise Refused("request", "is no PEM certificate request.") from error
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1) or not proved:
        raise Refused("request", "isn't signed by a key of the kind that nodes have.")
    names = [str(each.value) for each in asked.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if names != [node.name]:
        raise Refused("request", f"is for {', '.join(names) or 'nobody'}, and {node.name} asks.")
    return signed_for(directory, node.name, addresses_of(node), public)


def keep(directory: Path, issued: NodeCertificate) -> None:
    """Put what a node was issued into its own `directory`: the key is for the owner alone.

    A crash in the midst leaves the old ones, or what `settle` completes.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_if_news(directory / AUTHORITY, issued.authority.encode())
    fresh = [
        _written(directory / KEY, issued.key.encode(), 0o600),
        _written(directory / CERTIFICATE, issued.certificate.encode(), 0o644),
    ]
    for file in fresh:
        file.replace(file.with_suffix(""))


def _write_if_news(file: Path, content: bytes) -> None:
    if not file.exists() or file.read_bytes() != content:
        _write(file, content, 0o644)


def settle(directory: Path) -> None:
    """Complete what `keep` had begun when it was ended: a key and its certificate go together."""
    key, certificate = (_fresh(directory / name) for name in (KEY, CERTIFICATE))
    if key.exists():
        for file in (key, certificate):
            file.unlink(missing_ok=True)
    elif certificate.exists():
        certificate.replace(certificate.with_suffix(""))


def problem(authority: str, certificate: str, key: str, node: str) -> str:
    """Why these (PEM) don't make this node known to the others, as a sentence; empty when they do."""
    try:
        root = x509.load_pem_x509_certificate(authority.encode())
        found = x509.load_pem_x509_certificate(certificate.encode())
        own = load_pem_private_key(key.encode(), password=None)
    except (ValueError, TypeError):
        return f"{AUTHORITY}, {CERTIFICATE} or {KEY} is no PEM file"
    try:
        found.verify_directly_issued_by(root)
    except (InvalidSignature, ValueError, TypeError):
        return f"{CERTIFICATE} was not signed by {AUTHORITY}: it is of another system"
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if own.public_key().public_bytes(*form) != found.public_key().public_bytes(*form):
        return f"{KEY} doesn't belong to {CERTIFICATE}"
    names = [str(each.value) for each in found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    return "" if names == [node] else f"{CERTIFICATE} is for {', '.join(names)}, and this node is {node}"


def _named(common: str) -> x509.Name:
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Carillon")
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, begins: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(max(datetime.now(UTC) + LIFETIME, begins))
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes, mode: int) -> None:
    _written(path, content, mode).replace(path)


def _written(path: Path, content: bytes, mode: int) -> Path:
    """On the disk, beside where it is to be."""
    fresh = _fresh(path)
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return fresh


def _fresh(path: Path) -> Path:
    return path.with_suffix(f"{path.suffix}.new")
