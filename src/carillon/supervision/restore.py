"""A system from its backup, in a new or empty directory."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from carillon.model.refused import Refused
from carillon.provisioning.system import open_truth
from carillon.stores.sql.migrate import HEAD
from carillon.supervision.archive import (
    CHUNK,
    LOCATION,
    MANIFEST,
    MANIFEST_BYTES,
    TRUTH,
    Manifest,
    Part,
    damaged,
    newer,
    places,
    voice_message,
)
from carillon.supervision.backup import Told
from carillon.supervision.location import ensure_location
from carillon.supervision.place import require_place
from carillon.system.paths import SERVICE_USER, SystemPaths

_NEEDED = {TRUTH, "secret.key"}


def restore(paths: SystemPaths, file: Path, told: Told = lambda done, total: None) -> Manifest:
    """Make the system of a backup in its directory, with its registrations; starts nothing.

    All or nothing. That of an older version is migrated at its first use. Raises `Refused`.
    """
    require_place(paths.directory)
    _require_service_user()
    if paths.run.exists():
        raise Refused("dir", f"a system of {paths.directory} runs; `carillon down` stops it.")
    with _fresh(paths) as fresh:
        manifest = _unpack(file, fresh, told)
        _place(paths, fresh, manifest)
    open_truth(paths)
    return manifest


def _require_service_user() -> None:
    """Root gives voice messages to the service user: he must be there before anything is unpacked."""
    try:
        pwd.getpwnam(SERVICE_USER)
    except KeyError as missing:
        if os.geteuid() == 0:
            raise Refused("user", f"there is no user {SERVICE_USER}; `sh setup/install.sh run` makes it.") from missing


@contextmanager
def _fresh(paths: SystemPaths) -> Iterator[Path]:
    """A directory to unpack in, on the same file system; what an error leaves of the system goes too."""
    made = not paths.directory.exists()
    fresh = paths.directory / ".restoring"
    try:
        fresh.mkdir(mode=0o700, parents=True)
        yield fresh
        fresh.rmdir()
    except OSError as error:
        _forget(paths, made)
        raise Refused("dir", f"{paths.directory} can't be written ({error}); choose another one.") from error
    except BaseException:
        _forget(paths, made)
        raise


def _forget(paths: SystemPaths, made: bool) -> None:
    shutil.rmtree(paths.directory / ".restoring", ignore_errors=True)
    for name, place in places(paths).items():
        if name != LOCATION:
            place.unlink(missing_ok=True)
    if paths.tls.is_dir():
        paths.tls.rmdir()
    if made and paths.directory.is_dir():
        paths.directory.rmdir()


def _unpack(file: Path, fresh: Path, told: Told) -> Manifest:
    try:
        opened = file.open("rb")
    except OSError as error:
        raise Refused("file", f"{file} can't be read ({error.strerror}); write the path of a backup.") from error
    try:
        with opened, tarfile.open(fileobj=opened, mode="r:gz") as packed:
            manifest = _manifest(packed)
            _members(packed, manifest, fresh, told)
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise damaged(str(error) or "it ends too early") from error
    return manifest


def _manifest(packed: tarfile.TarFile) -> Manifest:
    first = packed.next()
    if first is None or first.name != MANIFEST or not first.isreg() or first.size > MANIFEST_BYTES:
        raise damaged("it doesn't begin with a manifest")
    text = packed.extractfile(first)
    assert text is not None  # it is a regular file
    manifest = Manifest.parse(text.read())
    if manifest.truth > HEAD:
        raise newer(manifest.version)
    if missing := _NEEDED - manifest.parts.keys():
        raise damaged(f"it lacks {', '.join(sorted(missing))}")
    return manifest


def _members(packed: tarfile.TarFile, manifest: Manifest, fresh: Path, told: Told) -> None:
    """Unpack what the manifest names and we know, under names of our own: a path in an archive is never followed."""
    total, done, waiting = sum(part.length for part in manifest.parts.values()), 0, dict(manifest.parts)
    known = places(SystemPaths(fresh))
    while member := packed.next():
        part = waiting.pop(member.name, None)
        ours = member.name in known or voice_message(SystemPaths(fresh), member.name) is not None
        if part is None or not ours or not member.isreg() or member.size != part.length:
            raise damaged(f"{member.name!r} doesn't belong in it")
        _write(packed, member, fresh / _flat(member.name), part)
        done += part.length
        told(done, total)
    if waiting:
        raise damaged(f"it lacks {', '.join(sorted(waiting))}")


def _write(packed: tarfile.TarFile, member: tarfile.TarInfo, target: Path, part: Part) -> None:
    content, digest = packed.extractfile(member), hashlib.sha256()
    assert content is not None  # it is a regular file
    mode = 0o644 if target.name.endswith("certificate.pem") else 0o600
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        while piece := content.read(CHUNK):
            digest.update(piece)
            file.write(piece)
    if digest.hexdigest() != part.sha256:
        raise damaged(f"{member.name} isn't as it was")


def _place(paths: SystemPaths, fresh: Path, manifest: Manifest) -> None:
    """Move each file to its place: the truth last, which makes the directory a system."""
    _forget_registrations(paths.state)
    for name, place in places(paths).items():
        if name not in manifest.parts:
            continue
        place.parent.mkdir(mode=0o750 if name == LOCATION else 0o700, parents=True, exist_ok=True)
        shutil.move(fresh / _flat(name), place)
    _place_voicemail(paths, fresh, manifest)
    if LOCATION in manifest.parts:
        ensure_location(paths.state)


def _place_voicemail(paths: SystemPaths, fresh: Path, manifest: Manifest) -> None:
    """The messages and prompts of the backup, and no others: the sounds first, as they arrive."""
    for root in (paths.voicemail, paths.prompts):
        shutil.rmtree(root, ignore_errors=True)
    found = {name: place for name in manifest.parts if (place := voice_message(paths, name)) is not None}
    for name, place in sorted(found.items(), key=lambda one: one[1].suffix, reverse=True):
        for directory in (paths.voicemail, paths.prompts, place.parent.parent, place.parent):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            _give(directory)
        shutil.move(fresh / _flat(name), place)
        _give(place)


def _give(place: Path) -> None:
    """To the service user, by whom a system that runs is read."""
    if os.geteuid() == 0:
        shutil.chown(place, SERVICE_USER, SERVICE_USER)


def _forget_registrations(state: Path) -> None:
    """Those of a system that was in this directory before."""
    for file in (*state.glob(f"{LOCATION}*"), *state.glob("journal/*")):
        file.unlink()


def _flat(name: str) -> str:
    return name.replace("/", "-")
