"""A main that answers satellites, on the loopback."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from carillon.confgen.tls.authority import issue, keep
from carillon.follower.daemon import Follower
from carillon.model.node import Node
from carillon.provisioning import nodes, satellites
from carillon.provisioning.system import load_node, open_truth
from carillon.satellites import receiving
from carillon.satellites.asking import Asking, opened
from carillon.satellites.board import Board
from carillon.system.paths import SystemPaths


class Main:
    """A main that answers, and whatever certificates its authority has issued."""

    def __init__(self, paths: SystemPaths, home: Path) -> None:
        self.paths, self.board, self._home = paths, Board(), home
        self.follower = Follower(paths, board=self.board)
        self.node = load_node(paths)

    @property
    def truth(self) -> Engine:
        return open_truth(self.paths)

    def adds(self, name: str, address: str) -> None:
        """A satellite, which gets its certificate."""
        new = satellites.planned(self.truth, self.node, "liege", address, name)
        nodes.add(self.truth, "me", new)
        self.issues(new)
        self.follower.look()

    def issues(self, node: Node) -> Path:
        """A certificate for a node of this name; the directory that holds it."""
        keep(self._home / node.name, issue(self.paths.cluster, node))
        return self._home / node.name

    def asked_by(self, name: str, *, heard: list[int] | None = None) -> Asking:
        """A connection of whoever has this certificate."""
        beats = [] if heard is None else heard
        return Asking(self.node, self._home / name, self._home / f"{name}-arriving", lambda: beats.append(1))


def hands(main: Main, name: str, *changes: dict[str, Any] | object, previous: object = "") -> dict[str, Any]:
    """What a main says to whoever hands over changes."""
    with closing(opened(main.node, main.asked_by(name).nodes)) as connection:
        connection.request("POST", receiving.PATH, json.dumps({"previous": previous, "changes": changes}))
        said: dict[str, Any] = json.loads(connection.getresponse().read())
        return said
