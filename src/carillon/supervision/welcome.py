"""Where new nodes ask to join: HTTPS on the node that added them, open only while one is awaited."""

from __future__ import annotations

import base64
import contextlib
import json
import ssl
import sys
import threading
import time
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import carillon
from carillon.confgen.tls.authority import AUTHORITY_KEY, CERTIFICATE, KEY, issue
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.provisioning import domains
from carillon.provisioning.lastnodes import LastNodes
from carillon.provisioning.nodes import all_nodes
from carillon.provisioning.system import follow_truth, load_nodes
from carillon.provisioning.trunkkey import TrunkKey
from carillon.stores.sql.database import Database
from carillon.stores.sql.migrate import HEAD
from carillon.supervision import joinkeys
from carillon.system.paths import SystemPaths

LOOK_S = 1.0
ANSWER_S = 10.0
LIMIT = 4096
VERSION = f"{carillon.__version__} (tables {HEAD})"
LACKING = "MariaDB, galera-4, rsync or stunnel4; `sh setup/install.sh nodes` installs them"
_once = threading.Lock()


def welcome(paths: SystemPaths, asked: dict[str, Any]) -> dict[str, Any]:
    """What a new node needs to be one, as JSON. Its key is spent. Raises `Refused`."""
    name, secret, version = (str(asked.get(each, "")) for each in ("name", "secret", "version"))
    with _once:
        joinkeys.require(paths, name, secret)
        if version != VERSION:
            raise Refused("version", f"the new node has Carillon {version}, and this one {VERSION}; install the same.")
        new = next((one for one in all_nodes(follow_truth(paths)) if one.name == name), None)
        if new is None:
            raise Refused("name", f"the node {name} has been removed meanwhile; `carillon node add` it again.")
        if new.member and asked.get("database") is False:
            raise Refused("database", f"{name} will hold the database, too, and lacks {LACKING}.")
        answer = _for_satellite(paths, new) if new.is_satellite else _everything(paths, new)
        joinkeys.spend(paths, name)
    return answer


def _everything(paths: SystemPaths, new: Node) -> dict[str, Any]:
    database = Database.read(paths.database)
    return {
        **_every_node(paths, new),
        "authority_key": (paths.cluster / AUTHORITY_KEY).read_text(),
        "database": {"hosts": database.hosts, "password": database.password},
    }


def _for_satellite(paths: SystemPaths, new: Node) -> dict[str, Any]:
    """Not the key that signs nodes, nor the password of the database: a satellite stands in an office of others."""
    truth = follow_truth(paths)
    others = tuple(one for one in all_nodes(truth) if one.name != new.name)
    names = tuple(view.domain.name for view in domains.listing(truth))
    return {**_every_node(paths, new), "satellite": asdict(LastNodes(new, others, names))}


def _every_node(paths: SystemPaths, new: Node) -> dict[str, Any]:
    return {
        "node": asdict(new),
        "issued": asdict(issue(paths.cluster, new)),
        "secret": _text(paths.secret),
        "secrets": _text(paths.secrets),
        "trunk_key": _text(TrunkKey.of(paths).path),
        "trusted": _text(paths.trusted),
    }


def _text(file: Path) -> str | None:
    return base64.b64encode(file.read_bytes()).decode() if file.exists() else None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, paths: SystemPaths, node: Node) -> None:
        self.address_family = _family(node)
        super().__init__((node.address, node.join_port), _Handler)
        self.paths, self.timeout = paths, LOOK_S
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(paths.cluster / CERTIFICATE, paths.cluster / KEY)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In a thread of its own, so that somebody who says nothing keeps nobody waiting."""
        request.settimeout(ANSWER_S)
        with contextlib.suppress(OSError), self.context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        """The only question there is."""
        try:
            length = int(self.headers.get("Content-Length", 0))
            if not 0 < length <= LIMIT:
                raise Refused("key", "wasn't sent.")
            asked = json.loads(self.rfile.read(length))
            self._answers(200, welcome(self.server.paths, asked if isinstance(asked, dict) else {}))
        except Refused as refused:
            self._answers(403, {"field": refused.field, "sentence": refused.sentence})
        except ValueError:
            self._answers(400, {"field": "key", "sentence": "wasn't understood."})

    def _answers(self, code: int, said: dict[str, Any]) -> None:
        body = json.dumps(said).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *values: object) -> None:
        """Who asked, and what became of it; never what was said."""
        print(f"join: {self.client_address[0]}: {format % values}", file=sys.stderr, flush=True)


def _family(node: Node) -> Any:
    import socket

    return socket.AF_INET6 if ":" in node.address else socket.AF_INET


def serve(paths: SystemPaths) -> None:
    """Await new nodes for ever; listens only while a key is out."""
    while True:
        if joinkeys.waiting(paths):
            try:
                _while_awaited(paths)
            except (OSError, Refused) as failed:
                print(f"join: {failed}", file=sys.stderr, flush=True)
        time.sleep(LOOK_S)


def _while_awaited(paths: SystemPaths) -> None:
    with _Server(paths, load_nodes(paths)[0]) as server:
        while joinkeys.waiting(paths):
            server.handle_request()
