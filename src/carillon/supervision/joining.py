"""A new node: what it asks the old one, and the directory that it gets."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import ssl
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any

from carillon.confgen.tls.authority import AUTHORITY_KEY, NodeCertificate, keep, problem
from carillon.model.host import Address
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.provisioning.system import load_nodes
from carillon.provisioning.trunkkey import TrunkKey
from carillon.supervision import nodecertificate
from carillon.supervision.joinkeys import GONE, JoinKey
from carillon.supervision.owndatabase import database_of, is_installed, make_empty
from carillon.supervision.welcome import VERSION
from carillon.system.paths import SystemPaths

PATIENCE_S = 15.0


@dataclass(frozen=True, slots=True)
class Joined:
    """The node that this machine is now."""

    node: Node
    hosts: tuple[str, ...]


def join(paths: SystemPaths, key: JoinKey) -> Joined:
    """Make this machine a node of the system that made the key; starts nothing. All or nothing. Raises `Refused`."""
    said = ask(key, database=is_installed(member=True))
    node = Node(**said["node"])
    try:
        paths.directory.mkdir(mode=0o750, parents=True, exist_ok=True)
        keep(paths.cluster, NodeCertificate(**said["issued"]))
        files = {"secret": paths.secret, "secrets": paths.secrets}
        files |= {"trunk_key": TrunkKey.of(paths).path, "trusted": paths.trusted}
        for name, file in files.items():
            if said.get(name) is not None:
                _write(file, base64.b64decode(said[name]))
        paths.node.write_text(f"{node.name}\n")
        if not node.asterisk:
            paths.without_asterisk.touch()
        if node.is_satellite:
            _write(paths.satellite, json.dumps(said["satellite"]).encode())
            return Joined(node, ())
        return Joined(node, _shares(paths, node, said))
    except OSError as error:
        raise Refused(
            "dir", f"{paths.directory} can't be written ({error}); mend that and add the node again."
        ) from error


def join_again(paths: SystemPaths, key: JoinKey) -> Node:
    """Give the satellite that this machine is already another certificate, in force at once; all else stays.

    Raises `Refused`.
    """
    own = load_nodes(paths)[0]
    if key.name != own.name:
        raise Refused("key", f"is for {key.name}, and this machine is the satellite {own.name}.")
    issued = NodeCertificate(**ask(key)["issued"])
    if wrong := problem(issued.authority, issued.certificate, issued.key, own.name):
        raise Refused("key", f"what the main gave is no use: {wrong}.")
    try:
        keep(paths.cluster, issued)
        nodecertificate.put_in_force(paths)
    except OSError as error:
        raise Refused("dir", f"{paths.directory} can't be written ({error}); mend that and get another key.") from error
    return own


def _shares(paths: SystemPaths, node: Node, said: dict[str, Any]) -> tuple[str, ...]:
    """What a main has besides: the key that signs nodes, and the way to the database, whose servers are returned."""
    hosts = tuple(said["database"]["hosts"])
    _write(paths.cluster / AUTHORITY_KEY, said["authority_key"].encode())
    if node.member:
        make_empty(paths)
    database_of(paths, hosts, said["database"]["password"], own_server=node.member).write(paths.database)
    return hosts


def ask(key: JoinKey, *, database: bool = True) -> dict[str, Any]:
    """Ask the old node, once it has shown the certificate that the key names. Raises `Refused`.

    `database` says whether what a member of the database's cluster needs is installed here.
    """
    address = Address.parse(key.address, 443)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the fingerprint in the key says who it must be
    connection = HTTPSConnection(address.host, address.port, timeout=PATIENCE_S, context=context)
    try:
        connection.connect()
        _require_known(connection, key)
        body = json.dumps({"name": key.name, "secret": key.secret, "version": VERSION, "database": database})
        connection.request("POST", "/join", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        code, said = answer.status, json.loads(answer.read())
    except (OSError, HTTPException, ValueError) as error:
        raise Refused(
            "key",
            f"{key.address} doesn't answer ({error}): that node is down, or {GONE}.",
        ) from error
    finally:
        connection.close()
    if code != 200:
        raise Refused(str(said.get("field", "key")), str(said.get("sentence", "was refused.")))
    return dict(said)


def _require_known(connection: HTTPSConnection, key: JoinKey) -> None:
    shown = connection.sock.getpeercert(binary_form=True)
    if shown is None or hashlib.sha256(shown).hexdigest() != key.fingerprint:
        raise Refused("key", f"{key.address} isn't the node that made this key; nothing was told to it.")


def _write(file: Path, content: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
        opened.write(content)
