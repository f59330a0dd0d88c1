"""Another certificate for a system: checked, kept, and shown to the next TLS connection without a restart."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from carillon.confgen.apply import put_target
from carillon.confgen.tls.certificate import Certificate, read_certificate, require_pair
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.supervision import rpc
from carillon.system.paths import SystemPaths

PATIENCE_S = 3.0
CERTIFICATE, KEY = "certificate.pem", "key.pem"
Pair = dict[str, str]


@dataclass(frozen=True, slots=True)
class Imported:
    """What is in the new certificate, what a person should know of it, and whether calls see it already."""

    certificate: Certificate
    warnings: tuple[str, ...]
    in_force: bool


def shown(paths: SystemPaths) -> Certificate:
    """The certificate of this system. Raises `Refused` before the first start."""
    try:
        return read_certificate((paths.tls / CERTIFICATE).read_text(errors="replace"))
    except FileNotFoundError as error:
        raise Refused("certificate", "there is none yet; the first `carillon up` makes one.") from error


def import_pair(paths: SystemPaths, node: Node, domains: Iterable[str], certificate: Path, key: Path) -> Imported:
    """Take a certificate (with its chain) and its key into the system, and into force when it runs.

    TLS connections that are up keep theirs. Raises `Refused`, naming the file; then the old pair stays.
    """
    fresh = {CERTIFICATE: _read("certificate", certificate), KEY: _read("key", key)}
    found = require_pair(fresh[CERTIFICATE], fresh[KEY], datetime.now(UTC))
    old = _kept(paths)
    _keep(paths, fresh)
    try:
        _require_usable(paths.tls)
        in_force = _put_in_force(paths, node)
    except Refused:
        _keep(paths, old)
        if old and paths.run_tls.is_dir():
            put_target(paths, "tls", old)
        raise
    return Imported(found, tuple(_warnings(found, domains)), in_force)


def _warnings(certificate: Certificate, domains: Iterable[str]) -> Iterable[str]:
    for domain in domains:
        if not certificate.covers(domain):
            names = ", ".join(certificate.names) or "nothing"
            yield f"certificate: isn't for {domain}, only for {names}; phones of that domain may refuse it."
    if problem := certificate.problem(datetime.now(UTC)):
        yield f"certificate: {problem.removeprefix('its certificate ')}."


def _read(field: str, path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise Refused(field, f"{path} can't be read ({error.strerror}); write the path of a PEM file.") from error


def _kept(paths: SystemPaths) -> Pair:
    return {name: (paths.tls / name).read_text() for name in (KEY, CERTIFICATE) if (paths.tls / name).exists()}


def _keep(paths: SystemPaths, pair: Pair) -> None:
    """Write both files beside the old ones first, so that little can fail between the two renames."""
    paths.tls.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (KEY, CERTIFICATE):
        (paths.tls / f".{name}.new").unlink(missing_ok=True)
        if name not in pair:
            (paths.tls / name).unlink(missing_ok=True)
            continue
        mode = 0o600 if name == KEY else 0o644
        descriptor = os.open(paths.tls / f".{name}.new", os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w") as file:
            file.write(pair[name])
    for name in pair:
        (paths.tls / f".{name}.new").replace(paths.tls / name)


def _require_usable(directory: Path) -> None:
    """Ask OpenSSL, which Kamailio uses too: it refuses keys that are too weak, for one."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(directory / CERTIFICATE, directory / KEY)
    except ssl.SSLError as error:
        raise Refused("certificate", f"OpenSSL refuses it ({error.reason or error}); get another one.") from error


def _put_in_force(paths: SystemPaths, node: Node) -> bool:
    if not paths.run_tls.is_dir():
        return False
    put_target(paths, "tls", _kept(paths))
    try:
        rpc.call(paths.kamailio_rpc, "tls.reload", timeout_s=PATIENCE_S)
        served = _served(node)
    except (rpc.RpcFailed, OSError) as error:
        raise Refused("certificate", f"Kamailio didn't take it ({error}); the old one stays. See `status`.") from error
    if served != ssl.PEM_cert_to_DER_cert(_first(_kept(paths)[CERTIFICATE])):
        raise Refused("certificate", "Kamailio still shows the old one, which stays; see `carillon log kamailio`.")
    return True


def _served(node: Node) -> bytes | None:
    """The certificate that a phone is shown now, in DER."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((node.address, node.tls_port), PATIENCE_S) as plain,
        context.wrap_socket(plain) as wrapped,
    ):
        return wrapped.getpeercert(binary_form=True)


def _first(chain: str) -> str:
    end = "-----END CERTIFICATE-----"
    start = chain.index("-----BEGIN CERTIFICATE-----")
    return chain[start : chain.index(end, start) + len(end)]
