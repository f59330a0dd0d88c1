"""A hundred calls at once that are recorded, against the same calls unrecorded."""

from __future__ import annotations

import shutil
import time
import wave
from dataclasses import dataclass

from bench.figure import Figure, Grid, Target
from bench.lab import Lab
from bench.people import DOMAIN, WHO
from bench.phases import TALK_S, Load, Measured, talks
from bench.processes import cpu_seconds
from bench.subjects import Subject
from carillon.provisioning import recordings
from carillon.provisioning.system import open_truth, put_in_force
from carillon.recordings.index import Index, Kept

PATIENCE_S = 120
OURS = ("kamailio", "asterisk", "rtpengine", "recordings")


@dataclass(frozen=True, slots=True)
class Made:
    """What became of the recordings; `wait_s` from the end of the last call to the last file, CPU by component."""

    rows: list[Kept]
    playable: int
    disk: int
    wait_s: float
    cpu_s: dict[str, float]


def found(lab: Lab) -> Figure:
    """Each talks for ten seconds and hears its own voice, so that both tracks are full."""
    subject, load = lab.ours, lab.load(100, 25, 1)
    assert subject.paths is not None
    plain = talks(subject, load, lab.folder)
    truth = open_truth(subject.paths)
    rule, _ = recordings.add(truth, WHO, f"everybody@{DOMAIN}")
    put_in_force(subject.paths)
    try:
        before = cpu_seconds(subject.parts())
        recorded = talks(subject, load, lab.folder)
        made = _made(subject, load.times, before)
    finally:
        recordings.remove(truth, WHO, rule.id)
        put_in_force(subject.paths)
    _forget(subject, made)
    return _figure(load, plain, recorded, made)


def _figure(load: Load, plain: Measured, recorded: Measured, made: Made) -> Figure:
    cpu = {name: 1000 * spent / load.times for name, spent in made.cpu_s.items()}
    rows = [(name, f"{plain.microseconds.get(name, 0) / 1000:.1f}", f"{cpu.get(name, 0):.1f}") for name in OURS]
    rows.append(("all", f"{plain.total() / 1000:.1f}", f"{sum(cpu.values()):.1f}"))
    megabytes = made.disk / 1e6
    files = [
        ("calls that went as they should", f"{plain.traffic.succeeded}", f"{recorded.traffic.succeeded}"),
        ("files that can be played", "0", f"{made.playable}"),
        ("s from the last BYE to the last file", "", f"{made.wait_s:.1f}"),
        ("MB on the disk", "0", f"{megabytes:.1f}"),
    ]
    title = f"recordings: {load.times} calls at once of {TALK_S} s"
    grids = [
        Grid(f"{title}, CPU ms a call", ("", "unrecorded", "recorded"), rows),
        Grid(title, ("", "unrecorded", "recorded"), files),
    ]
    whole = min(made.playable, recorded.traffic.succeeded, plain.traffic.succeeded)
    values = {
        "unrecorded_ms": {name: spent / 1000 for name, spent in plain.microseconds.items()},
        "recorded_ms": cpu,
        "calls": load.times,
        "playable": made.playable,
        "wait_s": made.wait_s,
        "bytes": made.disk,
    }
    return Figure("recordings", grids, [Target("calls with a file of their own", whole, load.times, True)], values)


def _made(subject: Subject, wanted: int, before: dict[str, float]) -> Made:
    """Wait for all files, or as long as nobody would."""
    assert subject.paths is not None
    index, ended = Index(subject.paths.recordings), time.monotonic()
    while len(rows := index.listing(DOMAIN)) < wanted and time.monotonic() < ended + PATIENCE_S:
        time.sleep(0.05)
    waited = time.monotonic() - ended
    after = cpu_seconds(subject.parts())
    spent = {name: after[name] - before.get(name, 0.0) for name in after}
    disk = sum((index.root / row.file).stat().st_size for row in rows if row.file)
    return Made(rows, sum(_is_playable(index, row) for row in rows), disk, waited, spent)


def _is_playable(index: Index, row: Kept) -> bool:
    """Whether it is the whole call, with a sound on both tracks."""
    if row.state != "kept":
        return False
    with wave.open(str(index.root / row.file)) as file:
        sound = file.readframes(file.getnframes())
        seconds = file.getnframes() / file.getframerate()
    return seconds > TALK_S - 1 and any(sound[0::4]) and any(sound[2::4])


def _forget(subject: Subject, made: Made) -> None:
    assert subject.paths is not None
    index = Index(subject.paths.recordings)
    for row in made.rows:
        index.remove(row)
    shutil.rmtree(index.root / DOMAIN, ignore_errors=True)
