"""Kamailio's JSON-RPC over its datagram socket."""

from __future__ import annotations

import json
import os
import pwd
import secrets
import socket
from pathlib import Path
from typing import Any

from carillon.system.paths import SERVICE_USER


class RpcFailed(Exception):
    """Kamailio didn't answer, or answered with an error; the text says which."""


class NobodyAnswers(RpcFailed):
    """Kamailio isn't there, or hangs."""


def call(rpc_socket: Path, method: str, *parameters: str | int, timeout_s: float = 1.0) -> Any:
    """The result of one JSON-RPC method of Kamailio. Raises `RpcFailed`."""
    own = rpc_socket.with_name(f"ask-{secrets.token_hex(4)}.sock")
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
        asking.settimeout(timeout_s)
        try:
            asking.bind(str(own))
            if os.geteuid() == 0:
                os.chown(own, pwd.getpwnam(SERVICE_USER).pw_uid, -1)
            asking.sendto(json.dumps(request).encode(), str(rpc_socket))
            answer = json.loads(asking.recv(1024 * 1024))
        except (OSError, ValueError) as error:
            raise NobodyAnswers(f"no answer to {method}: {error}") from error
        finally:
            own.unlink(missing_ok=True)
    if "error" in answer:
        raise RpcFailed(f"{method}: {answer['error'].get('message', answer['error'])}")
    return answer["result"]
