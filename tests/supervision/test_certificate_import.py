"""A certificate is imported while phones are connected."""

from __future__ import annotations

import json
import socket
import ssl
from pathlib import Path

import pytest
from tests.supervision.authority import signs
from tests.supervision.installation import Installation

pytestmark = pytest.mark.engines

TLS_PORT = 5061


def _connects(office: Installation) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(socket.create_connection((office.address, TLS_PORT), 5))


def _shown(office: Installation) -> bytes | None:
    with _connects(office) as connection:
        return connection.getpeercert(binary_form=True)


def _answered(connection: ssl.SSLSocket) -> bool:
    connection.sendall(
        b"OPTIONS sip:carillon.test SIP/2.0\r\nVia: SIP/2.0/TLS phone.invalid;branch=z9hG4bKtls;rport\r\n"
        b"From: <sip:a@carillon.test>;tag=1\r\nTo: <sip:carillon.test>\r\nCall-ID: tls\r\nCSeq: 1 OPTIONS\r\n"
        b"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )
    return connection.recv(65535).startswith(b"SIP/2.0 ")


def test_new_connections_see_it_and_old_ones_stay(running: Installation, tmp_path: Path) -> None:
    certificate, key = signs(tmp_path / "new", "carillon.test", days=10.5)
    worker = running.component_pids("kamailio")
    with _connects(running) as before:
        done = running.carillon("certificate", "import", "--certificate", str(certificate), "--key", str(key), "--json")
        assert done.returncode == 0, done.stderr
        assert _answered(before)
    assert json.loads(done.stdout)["in_force"] is True
    assert "ends in 10 days" in done.stderr
    assert _shown(running) == ssl.PEM_cert_to_DER_cert(certificate.read_text())
    assert running.component_pids("kamailio") == worker
    assert (running.paths.tls / "key.pem").stat().st_mode & 0o777 == 0o600
    assert "PRIVATE" not in done.stdout + done.stderr

    status = running.status()
    assert status["healthy"] is True
    assert status["certificate"]["days_left"] == 10
    assert "its certificate ends in 10 days" in running.component("kamailio")["problem"]

    taken = _shown(running)
    other, _ = signs(tmp_path / "other", "carillon.test")
    refused = running.carillon("certificate", "import", "--certificate", str(other), "--key", str(key))
    assert refused.returncode == 1
    assert refused.stderr.startswith("key: doesn't belong")
    assert _shown(running) == taken


def test_before_the_start_it_waits_and_a_foreign_name_is_said(office: Installation, tmp_path: Path) -> None:
    certificate, key = signs(tmp_path / "new", "example.com")
    done = office.carillon("certificate", "import", "--certificate", str(certificate), "--key", str(key))
    assert done.returncode == 0, done.stderr
    assert "certificate: isn't for carillon.test, only for example.com" in done.stderr
    assert "Not in force yet" in done.stdout
    shown = json.loads(office.carillon("certificate", "show", "--json").stdout)
    assert shown["names"] == ["example.com"]
