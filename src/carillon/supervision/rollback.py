"""A configuration that was in force before is put in force again."""

from __future__ import annotations

import re
from collections.abc import Mapping

from carillon.confgen import history
from carillon.confgen.apply import Rendered, in_force, put_texts, render_all, require_accepted
from carillon.confgen.difference import differing
from carillon.confgen.system import System
from carillon.confgen.targets import engines
from carillon.model.refused import Refused
from carillon.supervision.prepare import load_system, require_root
from carillon.supervision.start import Report, alone, await_healthy
from carillon.supervision.supervisor import restart, states, update
from carillon.system.paths import CACHE_ROOT, SystemPaths

_KEEPS = "tls"
"""Certificates are never rolled back: their keys are not kept."""


def roll_back(paths: SystemPaths, number: int, report: Report) -> tuple[str, ...]:
    """Put the generation `number` in force, restart what it changes, and wait until all is healthy.

    Returns the targets that changed. Raises `Refused`; then the configuration from before stays or is put back.
    """
    require_root()
    with alone(paths):
        if states(paths.supervisor_socket) is None:
            raise Refused("dir", "the system doesn't run; `carillon up` generates its configuration anew.")
        system = load_system(paths)
        before = in_force(paths, render_all(system))
        after = _generation(system, number, before)
        changed = tuple(differing(before, after))
        if changed:
            require_accepted(system, after, changed)
            _enforce(system, after, before, changed, report)
        return changed


def _generation(system: System, number: int, before: Rendered) -> Rendered:
    """The kept texts, with today's certificate and today's private files."""
    kept = history.generation(system.paths.history, number)
    if not kept:
        raise Refused("id", f"there is no generation {number}; `carillon config history` lists them.")
    if lacking := [name for name, files in before.items() if name not in kept and history.kept(name, files)]:
        raise Refused(
            "id", f"{number} is of a version without {', '.join(lacking)}, which can't run beside the others."
        )
    _require_code(kept, number)
    return {
        name: files if name == _KEEPS else {**_private(name, files), **kept.get(name, {})}
        for name, files in before.items()
    }


def _private(name: str, files: Mapping[str, str]) -> dict[str, str]:
    """Those of these files that the history never keeps."""
    return {path: text for path, text in files.items() if path not in history.kept(name, files)}


def _require_code(kept: Rendered, number: int) -> None:
    """A generation names the copy of our code that it ran with; old copies are removed after a time."""
    pattern = re.compile(re.escape(str(CACHE_ROOT)) + r"/(?:code/[0-9a-f]+|python-[\w-]+)")
    named = {match for files in kept.values() for text in files.values() for match in pattern.findall(text)}
    if gone := sorted(each for each in named if not CACHE_ROOT.joinpath(each).exists()):
        raise Refused("id", f"{number} needs {', '.join(gone)}, which is gone; install that version instead.")


def _enforce(system: System, after: Rendered, before: Rendered, changed: tuple[str, ...], report: Report) -> None:
    put_texts(system.paths, after, before)
    try:
        _restart(system.paths, changed)
        await_healthy(system.paths, system.node, report)
    except Refused as refused:
        put_texts(system.paths, before, after)
        _restart(system.paths, changed)
        sentence = f"{refused.sentence}\n  The configuration from before is in force again."
        raise Refused(refused.field, sentence) from refused


def _restart(paths: SystemPaths, changed: tuple[str, ...]) -> None:
    done = update(paths.supervisor_socket) if "supervisor" in changed else set()
    for name in engines(paths):
        if name in changed and name not in done:
            restart(paths.supervisor_socket, name)
