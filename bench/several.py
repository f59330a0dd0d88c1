"""Systems of several nodes, side by side. Each node has the truth for itself: calls don't ask for it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from bench.own_network import add_address
from bench.people import WHO
from bench.subjects import Subject, created, up
from carillon.confgen.tls.authority import ensure_authority, issue, keep
from carillon.provisioning import nodes
from carillon.provisioning.system import load_node, load_nodes, open_truth
from carillon.siblings import states
from carillon.supervision.waiting import comes_true
from carillon.system.paths import SystemPaths

PATIENCE_S = 60.0


@contextmanager
def several(
    folder: Path, name: str, addresses: Sequence[str], people: int, fill: Callable[[SystemPaths], None]
) -> Iterator[Subject]:
    """The first node of a system, while all of its nodes run and know each other; `fill` puts the people in."""
    first = created(folder / name / "node1", addresses[0])
    fill(first)
    places = [first, *_added(first, addresses[1:])]
    with ExitStack() as stack:
        subjects = [stack.enter_context(up(name, place, people)) for place in places]
        if not comes_true(lambda: all(_knows(place, len(places) - 1) for place in places), PATIENCE_S):
            raise RuntimeError(f"{name}: they don't know each other after {PATIENCE_S:g} s")
        yield subjects[0]


def _added(first: SystemPaths, addresses: Sequence[str]) -> list[SystemPaths]:
    """The directories of further nodes of a system."""
    truth = open_truth(first)
    model = load_node(first)
    others = [replace(model, name=f"node{rank}", address=each) for rank, each in enumerate(addresses, 2)]
    for one in others:
        add_address(one.address)
        nodes.add(truth, WHO, one)
    truth.dispose()
    ensure_authority(first.cluster)
    directories = [first.directory.with_name(one.name) for one in others]
    for directory in directories:
        shutil.copytree(first.directory, directory)
    places = [SystemPaths.of(directory) for directory in directories]
    for place in (first, *places):
        place.node.write_text(f"{place.directory.name}\n")
        keep(place.cluster, issue(first.cluster, load_nodes(place)[0]))
    return places


def _knows(place: SystemPaths, others: int) -> bool:
    return [one.up for one in states.read(place.sibling_states)] == [True] * others
