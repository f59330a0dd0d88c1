"""What a certificate says, and whether phones can rely on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

from carillon.model.refused import Refused

SOON_DAYS = 21
"""An end that is nearer than this is a problem that `status` tells."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The first certificate of a file: whom it is for, who signed it, from when to when it holds (UTC)."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    begins: datetime
    ends: datetime

    def days_left(self, now: datetime) -> int:
        """Whole days until it ends; negative once it has ended."""
        return (self.ends - now).days

    def problem(self, now: datetime) -> str:
        """A sentence when it has ended, or ends within `SOON_DAYS` days; else empty."""
        day = f"{self.ends:%Y-%m-%d}"
        if self.ends <= now:
            return f"its certificate ended on {day}: phones refuse TLS; `carillon certificate import` a new one"
        left = self.days_left(now)
        if left >= SOON_DAYS:
            return ""
        when = "today" if left == 0 else f"in {left} day{'s' if left > 1 else ''}"
        return f"its certificate ends {when}, on {day}; `carillon certificate import` a new one"

    def covers(self, name: str) -> bool:
        """Whether it is for this domain or address; a wildcard stands for one label (RFC 9525 section 6.3)."""
        wanted = name.lower().rstrip(".")
        wildcard = f"*.{wanted.partition('.')[2]}"
        return any(each.lower() in (wanted, wildcard) for each in self.names)


def read_certificate(text: str) -> Certificate:
    """The first certificate in a PEM text. Raises `Refused` when there is none."""
    try:
        found = x509.load_pem_x509_certificate(text.encode())
        names = _names(found)
    except ValueError as error:
        raise Refused("certificate", "is no PEM certificate; give the file that begins with it.") from error
    subject, issuer = found.subject.rfc4514_string(), found.issuer.rfc4514_string()
    return Certificate(subject, issuer, names, found.not_valid_before_utc, found.not_valid_after_utc)


def require_pair(certificate: str, key: str, now: datetime) -> Certificate:
    """What the certificate says, when it holds `now` and the key fits. Raises `Refused` with what is wrong."""
    found = read_certificate(certificate)
    if found.ends <= now:
        raise Refused("certificate", f"ended on {found.ends:%Y-%m-%d}; get a new one.")
    if found.begins > now:
        raise Refused("certificate", f"holds only from {found.begins:%Y-%m-%d %H:%M} UTC; import it then.")
    if _public(key) != _bytes(x509.load_pem_x509_certificate(certificate.encode()).public_key()):
        raise Refused("key", "doesn't belong to this certificate; give the one it was made with.")
    return found


def summary(certificate: Certificate, now: datetime | None = None) -> dict[str, object]:
    """What people and programs are told of it; `ends` and `begins` in ISO 8601."""
    at = now or datetime.now(UTC)
    return {
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "names": list(certificate.names),
        "begins": certificate.begins.isoformat(),
        "ends": certificate.ends.isoformat(),
        "days_left": certificate.days_left(at),
        "problem": certificate.problem(at),
    }


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Its alternative names; without any the common name, as old certificates have."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return tuple(str(each.value) for each in common)
    domains = found.get_values_for_type(x509.DNSName)
    return (*domains, *(str(ip_address(str(each))) for each in found.get_values_for_type(x509.IPAddress)))


def _public(key: str) -> bytes:
    try:
        return _bytes(load_pem_private_key(key.encode(), password=None).public_key())
    except TypeError as error:
        raise Refused("key", "is locked with a password; give it without one (openssl pkey removes it).") from error
    except ValueError as error:
        raise Refused("key", "is no PEM private key; give the file that begins with it.") from error


def _bytes(public: object) -> bytes:
    encoded: bytes = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    return encoded
