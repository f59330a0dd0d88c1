"""How a satellite gets another certificate before its own ends: a main signs its new key. Both ends of that."""

from __future__ import annotations

import json
from http.client import HTTPException
from typing import Any, Final

from carillon.confgen.tls.authority import NodeCertificate, granted, problem, request
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.provisioning.system import other_mains
from carillon.satellites.asking import answered, opened
from carillon.system.paths import SystemPaths

PATH: Final = "/certificate"


def certified(paths: SystemPaths, satellite: Node, said: dict[str, Any]) -> dict[str, Any]:
    """On a main: what a satellite that has shown its certificate gets for its wish. What is refused is said."""
    try:
        authority, certificate = granted(paths.cluster, satellite, str(said["request"]))
    except Refused as refused:
        return {"refused": [refused.field, refused.sentence]}
    return {"authority": authority, "certificate": certificate}


def asks(paths: SystemPaths, own: Node) -> NodeCertificate:
    """On a satellite: what the first main that answers gives it for a key of its own. Raises `Refused`."""
    key, wish = request(own.name)
    said = _answer(paths, json.dumps({"request": wish}))
    if "refused" in said:
        raise Refused(*said["refused"])
    issued = NodeCertificate(str(said["authority"]), str(said["certificate"]), key)
    if wrong := problem(issued.authority, issued.certificate, issued.key, own.name):
        raise Refused("certificate", f"what a main gave is no use: {wrong}.")
    return issued


def _answer(paths: SystemPaths, question: str) -> dict[str, Any]:
    words = "no main is known"
    for main in other_mains(paths):
        try:
            status, said = answered(opened(main, paths.cluster), PATH, question)
        except (OSError, HTTPException, ValueError) as error:
            words = f"{main.name} ({main.address}): {error}"
            continue
        if status == 200 or "refused" in said:
            return said
        words = f"{main.name} ({main.address}) gives none"
    raise Refused("link", f"no main gives another one: {words}")
