"""The authority that lets nodes know each other, without any engine."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest

from carillon.confgen.tls.authority import (
    AUTHORITY,
    CERTIFICATE,
    KEY,
    NodeCertificate,
    ensure_authority,
    issue,
    keep,
    problem,
)
from carillon.model.node import Node
from carillon.model.refused import Refused

ONE = Node("n1", "example.org", "192.0.2.1")
TWO = Node("n2", "example.org", "192.0.2.2")


def joined(directory: Path, issued: NodeCertificate) -> Path:
    keep(directory, issued)
    return directory


def test_two_nodes_of_one_system_speak_to_each_other(tmp_path: Path) -> None:
    ensure_authority(tmp_path)
    one, two = joined(tmp_path / "one", issue(tmp_path, ONE)), joined(tmp_path / "two", issue(tmp_path, TWO))
    assert shaken(one, two) == "n1"


def test_a_node_of_another_system_is_kept_out(tmp_path: Path) -> None:
    for name in ("ours", "theirs"):
        ensure_authority(tmp_path / name)
    one = joined(tmp_path / "one", issue(tmp_path / "theirs", ONE))
    two = joined(tmp_path / "two", issue(tmp_path / "ours", TWO))
    with pytest.raises(ssl.SSLError):
        shaken(one, two)


def test_an_authority_is_made_once(tmp_path: Path) -> None:
    assert ensure_authority(tmp_path)
    made = (tmp_path / AUTHORITY).read_text()
    assert not ensure_authority(tmp_path)
    assert (tmp_path / AUTHORITY).read_text() == made


def test_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    ensure_authority(tmp_path)
    keep(tmp_path, issue(tmp_path, ONE))
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("ca.key", KEY)] == [0o600, 0o600]


def test_what_is_wrong_with_a_nodes_certificate_is_said(tmp_path: Path) -> None:
    ensure_authority(tmp_path / "ours")
    ensure_authority(tmp_path / "theirs")
    ours, theirs = issue(tmp_path / "ours", ONE), issue(tmp_path / "theirs", ONE)
    assert problem(ours.authority, ours.certificate, ours.key, "n1") == ""
    assert "is for n1, and this node is n2" in problem(ours.authority, ours.certificate, ours.key, "n2")
    assert "of another system" in problem(ours.authority, theirs.certificate, theirs.key, "n1")
    assert "doesn't belong" in problem(ours.authority, ours.certificate, issue(tmp_path / "ours", ONE).key, "n1")
    assert "no PEM" in problem(ours.authority, "nonsense", ours.key, "n1")


def test_only_the_authoritys_own_node_signs(tmp_path: Path) -> None:
    ensure_authority(tmp_path)
    elsewhere = joined(tmp_path / "two", issue(tmp_path, TWO))
    with pytest.raises(Refused, match="add nodes where it is"):
        issue(elsewhere, ONE)


def shaken(client: Path, server: Path) -> str:
    """The name that the server has seen of the client, each held to its own authority."""
    ends = socket.socketpair()
    answering = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking.check_hostname = False
    answering.verify_mode = ssl.CERT_REQUIRED
    for context, directory in ((answering, server), (asking, client)):
        context.load_cert_chain(directory / CERTIFICATE, directory / KEY)
        context.load_verify_locations(directory / AUTHORITY)
    failed: list[ssl.SSLError] = []

    def ask() -> None:
        try:
            with asking.wrap_socket(ends[0]) as own:
                own.recv(1)
        except ssl.SSLError as error:
            failed.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        with answering.wrap_socket(ends[1], server_side=True) as own:
            subject = own.getpeercert()
            own.send(b".")
    finally:
        thread.join()
    assert subject is not None
    return str(dict(one for part in subject["subject"] for one in part)["commonName"])
