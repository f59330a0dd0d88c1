"""Putting a configuration in force: render, stage, let each component check its own, then swap."""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from carillon.confgen import history
from carillon.confgen.rehearsal import CHECKS
from carillon.confgen.system import System
from carillon.confgen.targets import target, targets
from carillon.model.refused import Refused
from carillon.system.paths import SERVICE_USER, SystemPaths

Rendered = Mapping[str, Mapping[str, str]]
"""Texts by target and path."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What is in force now: the targets that differ from what was in force before."""

    changed: tuple[str, ...]


def render_all(system: System) -> dict[str, dict[str, str]]:
    """Every file of every target. Raises `Refused`, naming the target, when a value isn't acceptable."""
    rendered = {}
    for name in targets(system.paths):
        module = target(name)
        try:
            context = module.context(system)
            problems = module.verify(context)
            if problems:
                raise Refused(name, "; ".join(problems))
            rendered[name] = module.files(context)
        except Refused:
            raise
        except ValueError as error:
            raise Refused(name, f"{error}; change that value.") from error
    return rendered


def apply(system: System) -> Applied:
    """Check this system's configuration and put it in force in the run directory.

    Raises `Refused` with the component, the file and the component's own words; what was in force stays.
    """
    rendered = render_all(system)
    with _in_turn(system.paths):
        before = history.latest(system.paths.history)
        changed = tuple(
            name for name in targets(system.paths) if history.kept(name, rendered[name]) != before.get(name, {})
        )
        with _staging(system, system.paths.run / "staged") as staged:
            _write(staged.paths, render_all(staged))
            for name in changed:
                _check(name, staged)
        _write(system.paths, rendered)
        if changed:
            history.keep(system.paths.history, rendered)
    return Applied(changed)


@contextmanager
def _in_turn(paths: SystemPaths) -> Iterator[None]:
    """A command and the follower may do it at once, where nodes come and go: one after the other."""
    own(paths.run)
    with (paths.run / "applying").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def put_target(paths: SystemPaths, name: str, files: Mapping[str, str]) -> None:
    """Put files of one target in force, which were checked before, and keep that in the history."""
    _write(paths, {name: files})
    before = history.latest(paths.history)
    if before.get(name, {}) != history.kept(name, files):
        history.keep(paths.history, {**before, name: files})


def check(system: System) -> dict[str, str]:
    """What each component objects to in the configuration that `apply` would put in force; empty when it accepts.

    Changes nothing, whether the system runs or not. Raises `Refused` when it can't even be rendered.
    """
    root = system.paths.run_root / f"check-{os.getpid()}"
    try:
        with _staging(system, root) as staged:
            _write(staged.paths, render_all(staged))
            return {name: words(staged) for name, words in CHECKS.items()}
    finally:
        if system.paths.run_root.is_dir() and not any(system.paths.run_root.iterdir()):
            system.paths.run_root.rmdir()


def in_force(paths: SystemPaths, rendered: Rendered) -> dict[str, dict[str, str]]:
    """The texts that lie in the run directory now, of the files that `rendered` names or the history."""
    past = history.latest(paths.history)
    found = {}
    for name in rendered:
        directory = run_directory(paths, name)
        names = sorted({*rendered[name], *past.get(name, {})})
        found[name] = {path: (directory / path).read_text() for path in names if (directory / path).is_file()}
    return found


def require_accepted(system: System, rendered: Rendered, names: Iterable[str]) -> None:
    """Have each component check these texts, which were rendered for this system's own run directory.

    Raises `Refused` with the component and its own words.
    """
    with _in_turn(system.paths), _staging(system, system.paths.run / "staged") as staged:
        old, new = str(system.paths.run), str(staged.paths.run)
        moved = {
            name: {path: text.replace(old, new) for path, text in files.items()} for name, files in rendered.items()
        }
        _write(staged.paths, moved)
        for name in names:
            _check(name, staged)


def put_texts(paths: SystemPaths, rendered: Rendered, before: Rendered) -> None:
    """Put texts that were checked before in force, and keep them in the history; what isn't among them goes."""
    _write(paths, rendered)
    for name, files in before.items():
        for path in files.keys() - rendered.get(name, {}).keys():
            (run_directory(paths, name) / path).unlink(missing_ok=True)
    history.keep(paths.history, rendered)


def run_directory(paths: SystemPaths, name: str) -> Path:
    """Where the files of this target lie while the system runs."""
    return paths.run if name == "supervisor" else paths.run / name


@contextmanager
def _staging(system: System, root: Path) -> Iterator[System]:
    """The same system with a run directory of its own, gone afterwards: checks see final files, other paths."""
    shutil.rmtree(root, ignore_errors=True)
    own(root)
    staged = replace(system, paths=replace(system.paths, run_root=root))
    own(staged.paths.run)
    try:
        yield staged
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _check(name: str, staged: System) -> None:
    if name not in CHECKS:
        return
    words = CHECKS[name](staged)
    if words:
        raise Refused(name, f"refuses {_files(name, staged)}; the old configuration stays in force. It says: {words}")


def _files(name: str, staged: System) -> str:
    module = target(name)
    files = sorted(module.files(module.context(staged)))
    return files[0] if len(files) == 1 else f"its files ({', '.join(files)})"


def _write(paths: SystemPaths, rendered: Rendered) -> None:
    for name, files in rendered.items():
        directory = run_directory(paths, name)
        own(directory)
        for path, text in files.items():
            _swap(directory / path, text)


def own(directory: Path) -> None:
    """Make this directory, closed to others than the service user and root."""
    directory.mkdir(mode=0o750, parents=True, exist_ok=True)
    service = pwd.getpwnam(SERVICE_USER)
    os.chown(directory, service.pw_uid, service.pw_gid)


def _swap(path: Path, text: str) -> None:
    """Replace a file by rename: a reader sees the old text or the new one, never half."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    service = pwd.getpwnam(SERVICE_USER)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        os.fchown(file.fileno(), service.pw_uid, service.pw_gid)
        file.write(text)
    fresh.replace(path)
