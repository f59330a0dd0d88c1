"""Where a recording lies: on this node, or on another one, which is asked for it over the siblings' own connections."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from carillon.model.refused import Refused

if TYPE_CHECKING:
    from carillon.cli.context import Cli
    from carillon.model.node import Node
    from carillon.recordings.index import Index, Kept


def index_of(cli: Cli) -> Index:
    """The recordings of this node. Raises `Refused`."""
    from carillon.recordings.index import Index
    from carillon.supervision.prepare import require_root

    require_root()
    index = Index(cli.paths.recordings)
    try:
        index.show(0)
    except sqlite3.Error as error:
        raise Refused("recordings", f"none can be read ({error}); has this system been started?") from error
    return index


@dataclass(frozen=True)
class Place:
    """The node `name` of a system that may have others (`several`); `sibling` is None for this one."""

    cli: Cli
    name: str
    sibling: Node | None
    several: bool

    @classmethod
    def of(cls, cli: Cli, named: str | None) -> Place:
        """The node that is named, or this one. Raises `Refused`."""
        from carillon.provisioning.system import load_nodes

        node, siblings = load_nodes(cli.paths)
        if named in (None, node.name):
            return cls(cli, node.name, None, bool(siblings))
        for sibling in siblings:
            if sibling.name == named:
                return cls(cli, sibling.name, sibling, several=True)
        raise Refused("node", f"there is no node {named}; see `carillon node list`.")

    def show(self, id: int) -> Kept:
        """A recording. Raises `Refused`."""
        return self._require(id, [index_of(self.cli).show(id)] if self.sibling is None else self._ask("recording", id))

    def remove(self, id: int) -> Kept:
        """Remove it; what it was. Raises `Refused`."""
        if self.sibling:
            return self._require(id, self._ask("remove recording", id))
        index = index_of(self.cli)
        found = self._require(id, [index.show(id)])
        index.remove(found)
        return found

    def path(self, of: Kept) -> str | None:
        """Where its file is; None when there is none, or when another node has it."""
        return None if self.sibling or not of.file else str(self.cli.paths.recordings / of.file)

    def export(self, of: Kept, to: Path) -> None:
        """Copy its file, whole or not at all. Raises `Refused`."""
        from carillon.siblings.asking import Silent, fetch

        sibling = self.sibling
        try:
            if sibling is None:
                _write(to, lambda file: _copy(self.cli.paths.recordings / of.file, file))
            else:
                _write(to, lambda file: fetch(self.cli.paths.run_tls, sibling, file, "recording sound", str(of.id)))
        except Silent as silent:
            raise self._unheard(silent) from silent
        except OSError as error:
            raise Refused("file", f"{to} can't be written: {error.strerror or error}.") from error

    def _ask(self, question: str, id: int) -> list[Kept]:
        from carillon.siblings.asked import recording_in
        from carillon.siblings.asking import Silent, ask_one
        from carillon.supervision.prepare import require_root

        require_root()
        assert self.sibling is not None
        try:
            return [recording_in(row) for row in ask_one(self.cli.paths.run_tls, self.sibling, question, str(id))]
        except (Silent, TypeError) as silent:
            raise self._unheard(silent) from silent

    def _unheard(self, why: Exception) -> Refused:
        return Refused("node", f"{self.name} did not do it ({why}); see how it is with `carillon node list`.")

    def _require(self, id: int, found: list[Any]) -> Kept:
        kept: Kept | None = next(iter(found), None)
        if kept is None:
            where = f" on node {self.name}; --node NAME asks another one" if self.several else ""
            raise Refused("id", f"there is no recording {id}{where}; see `carillon recording list`.")
        return kept


def _copy(source: Path, to: BinaryIO) -> None:
    with source.open("rb") as file:
        shutil.copyfileobj(file, to)


def _write(to: Path, fill: Callable[[BinaryIO], object]) -> None:
    """A file for who exports alone, by rename once it is whole."""
    descriptor, name = tempfile.mkstemp(prefix=f".{to.name}-", dir=to.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            fill(file)
        Path(name).rename(to)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
