"""Everything that makes a system this one, in one file, while it runs."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import carillon
from carillon.model.refused import Refused
from carillon.provisioning.system import load_node, open_truth
from carillon.stores.sql.copy import copy_truth
from carillon.stores.sql.engine import copy_sqlite, open_sqlite, reading
from carillon.stores.sql.migrate import revision
from carillon.supervision.archive import CHUNK, LOCATION, MANIFEST, TRUTH, Manifest, Part, places, voice_messages
from carillon.system.paths import SystemPaths

Told = Callable[[int, int], None]
"""Is told how many bytes of how many are done."""


def back_up(paths: SystemPaths, file: Path, told: Told = lambda done, total: None) -> Manifest:
    """Write a backup of the system to a new `file`, mode 0600; returns what is in it.

    Databases are copied as of one moment; neither calls nor registrations wait for it. A truth that nodes share is
    in it as that of a system with a file of its own. Raises `Refused`.
    """
    open_truth(paths)
    if file.exists():
        raise Refused("file", f"{file} exists already; choose another name, or remove it.")
    try:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name}.") as name:
            return _write(paths, Path(name), file, told)
    except (OSError, sqlite3.Error) as error:
        raise Refused("file", f"{file} can't be written ({error}); choose another place, or make room.") from error


def _write(paths: SystemPaths, working: Path, file: Path, told: Told) -> Manifest:
    copies = _copies(paths, working / "copies")
    manifest = _manifest(paths, copies)
    archive = working / "archive"
    with (
        os.fdopen(os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw,
        tarfile.open(fileobj=raw, mode="w:gz", compresslevel=6) as packed,
    ):
        _pack(packed, manifest, copies, told)
    archive.rename(file)
    return manifest


def _copies(paths: SystemPaths, directory: Path) -> dict[str, Path]:
    """A copy of each file that there is: the truth first, since every key that it needs exists by then."""
    directory.mkdir(mode=0o700)
    there = {name: place for name, place in places(paths).items() if place.exists() or name == TRUTH}
    there |= voice_messages(paths)
    copies = {}
    for name, place in sorted(there.items(), key=lambda each: each[0] != TRUTH):
        copies[name] = directory / name.replace("/", "-")
        if name == TRUTH and paths.database.exists():
            copy_truth(open_truth(paths), open_sqlite(copies[name]))
        elif name in (TRUTH, LOCATION):
            copy_sqlite(place, copies[name])
        elif not _copied(place, copies[name]):
            del copies[name]
    return copies


def _copied(place: Path, copy: Path) -> bool:
    """Whether a file was still there: voice messages come and go."""
    try:
        shutil.copyfile(place, copy)
    except FileNotFoundError:
        return False
    return True


def _manifest(paths: SystemPaths, copies: dict[str, Path]) -> Manifest:
    with reading(open_truth(SystemPaths(copies[TRUTH].parent))) as connection:
        truth = revision(connection) or ""
    return Manifest(
        version=carillon.__version__,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        domain=load_node(paths).default_domain,
        truth=truth,
        parts={name: _part(copy) for name, copy in copies.items()},
    )


def _part(file: Path) -> Part:
    with file.open("rb") as opened:
        return Part(file.stat().st_size, hashlib.file_digest(opened, "sha256").hexdigest())


def _pack(packed: tarfile.TarFile, manifest: Manifest, copies: dict[str, Path], told: Told) -> None:
    text = manifest.as_json().encode()
    packed.addfile(_member(MANIFEST, len(text)), io.BytesIO(text))
    total, done = sum(part.length for part in manifest.parts.values()), 0
    for name, copy in copies.items():
        with copy.open("rb") as opened:
            packed.addfile(_member(name, manifest.parts[name].length), _Counted(opened, done, total, told))
        done += manifest.parts[name].length


def _member(name: str, length: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = length, 0o600, int(time.time())
    return member


class _Counted(io.RawIOBase):
    """A file that tells how far it has been read."""

    def __init__(self, file: io.BufferedReader, before: int, total: int, told: Told) -> None:
        self._file, self._done, self._total, self._told = file, before, total, told

    def read(self, length: int = -1) -> bytes:
        """As of any file, in pieces of at most `CHUNK` bytes only when asked so."""
        piece = self._file.read(CHUNK if length < 0 else length)
        self._done += len(piece)
        self._told(self._done, self._total)
        return piece
