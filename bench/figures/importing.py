"""A hundred thousand people by `carillon user import`, export, and one change when they are there."""

from __future__ import annotations

from bench.commands import Done, carillon
from bench.figure import Figure, Grid, Target
from bench.lab import Lab
from bench.people import CROWD, FEW
from bench.subjects import Subject

CHANGES = {
    "user set": ("user", "set", "100050", "--name", "Changed"),
    "user add": ("user", "add", "999001", "--name", "New"),
    "number add": ("number", "add", "999002", "--to", "100051"),
    "device add": ("device", "add", "desk", "--user", "100052", "--password", "correct-horse-battery"),
    "user remove": ("user", "remove", "999001"),
}
MOST = 1.2


def found(lab: Lab) -> Figure:
    """Commands as people type them, the system running: each ends when its change is in force."""
    (many, imported), few = lab.many, lab.ours
    assert many.paths is not None
    exported = carillon(many.paths, "user", "export", str(lab.folder / "export.csv"))
    rows = [_row("user import", imported), _row("user export", exported)]
    changes = {name: (_change(few, words), _change(many, words)) for name, words in CHANGES.items()}
    grids = [
        Grid(f"import: {CROWD} people", ("", "s", "CPU s", "people/s", "most MiB"), rows),
        Grid(
            "import: one change, CPU s of the whole command",
            ("", f"{FEW} people", f"{CROWD} people", "ratio"),
            [(name, f"{few:.2f}", f"{many:.2f}", f"{many / few:.2f}") for name, (few, many) in changes.items()],
        ),
    ]
    slowest = max(changes, key=lambda name: changes[name][1] / changes[name][0])
    ratio = changes[slowest][1] / changes[slowest][0]
    values = {"import": _values(imported), "export": _values(exported), "changes": changes}
    return Figure("import", grids, [Target(f"one change, {slowest}, with {CROWD} / with {FEW}", ratio, MOST)], values)


def _change(subject: Subject, words: tuple[str, ...]) -> float:
    assert subject.paths is not None
    return carillon(subject.paths, *words).cpu_seconds


def _row(what: str, done: Done) -> tuple[str, ...]:
    rate, memory = CROWD / done.seconds, done.most_memory_kib / 1024
    return what, f"{done.seconds:.1f}", f"{done.cpu_seconds:.1f}", f"{rate:.0f}", f"{memory:.0f}"


def _values(done: Done) -> dict[str, float]:
    return {"seconds": done.seconds, "cpu_seconds": done.cpu_seconds, "most_memory_kib": done.most_memory_kib}
