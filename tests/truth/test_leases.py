"""Work that happens once: one node does it, another takes over in seconds, and never do two at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from tests.truth.conftest import on_sqlite

from carillon.follower.holding import LEASE_S, OURS_S, Holding
from carillon.model.refused import Refused
from carillon.provisioning.system import open_truth
from carillon.stores.sql.engine import DatabaseAway, open_sqlite
from carillon.stores.sql.migrate import upgrade
from carillon.system.once import may, was_given
from carillon.system.paths import SystemPaths


class Nodes:
    """Some nodes, their own clocks, and a database that each may be cut off from."""

    def __init__(self, truth: Engine, home: Path, names: str = "ab") -> None:
        self.now = dict.fromkeys(names, 0.0)
        for n, name in enumerate(names):  # monotonic clocks begin when a machine does
            self.now[name] += n * 1000.0
        self.cut: set[str] = set()
        self.files = {name: home / f"{name}.json" for name in names}
        self.nodes = {name: self._node(truth, name) for name in names}

    def _node(self, truth: Engine, name: str) -> Holding:
        def database() -> Engine:
            if name in self.cut:
                raise DatabaseAway("database", "is cut off.")
            return truth

        return Holding(database, name, self.files[name], lambda: self.now[name])

    def passes(self, seconds: float = 1.0) -> None:
        for name in self.now:
            self.now[name] += seconds

    def looks(self, name: str) -> None:
        try:
            self.nodes[name].look()
        except Refused:
            assert name in self.cut

    def work(self) -> list[str]:
        """Whose daemons do the work now, as their files tell them."""
        return [name for name, file in self.files.items() if may(file, self.now[name])]

    def lives(self, seconds: int, *names: str) -> None:
        for _ in range(seconds):
            for name in names:
                self.looks(name)
                assert len(self.work()) <= 1
            self.passes()


@pytest.fixture
def nodes(truth: Engine, tmp_path: Path) -> Nodes:
    return Nodes(truth, tmp_path)


def test_one_of_two_nodes_does_it_and_keeps_it(nodes: Nodes) -> None:
    nodes.lives(1, "a", "b")
    assert nodes.work() == ["a"]
    nodes.lives(30, "b", "a")
    assert nodes.work() == ["a"]


def test_when_the_holder_dies_another_one_takes_over_in_seconds(nodes: Nodes) -> None:
    nodes.lives(3, "a", "b")
    nodes.lives(int(OURS_S), "b")
    assert nodes.work() == []
    nodes.lives(int(LEASE_S - OURS_S) + 1, "b")
    assert nodes.work() == ["b"]


def test_a_holder_that_is_cut_off_stops_before_another_begins(nodes: Nodes) -> None:
    nodes.lives(3, "a", "b")
    nodes.cut = {"a"}
    nodes.lives(int(OURS_S), "a", "b")
    assert nodes.work() == []
    nodes.lives(4, "a", "b")
    assert nodes.work() == ["b"]
    nodes.cut = set()
    nodes.lives(20, "a", "b")
    assert nodes.work() == ["b"]


def test_without_a_database_nobody_does_it_and_then_somebody_again(nodes: Nodes) -> None:
    nodes.lives(3, "a", "b")
    nodes.cut = {"a", "b"}
    nodes.lives(10, "a", "b")
    assert nodes.work() == []
    nodes.cut = set()
    nodes.lives(1, "a", "b")
    assert len(nodes.work()) == 1


def test_a_node_that_is_drained_gives_it_away_and_says_goodbye_first(nodes: Nodes) -> None:
    nodes.lives(3, "a", "b")
    nodes.nodes["a"].wants = False
    nodes.lives(1, "a", "b")
    assert nodes.work() == []
    assert was_given(nodes.files["a"])
    nodes.lives(4, "a", "b")
    assert nodes.work() == ["b"]
    nodes.nodes["a"].wants = True
    nodes.lives(10, "a", "b")
    assert nodes.work() == ["b"]


def test_a_copy_of_a_machine_does_not_do_it_too(truth: Engine, tmp_path: Path) -> None:
    nodes = Nodes(truth, tmp_path)
    nodes.nodes["b"] = Holding(lambda: truth, "a", nodes.files["b"], lambda: nodes.now["b"])
    nodes.lives(30, "a", "b")
    assert nodes.work() == ["a"]


def test_a_node_alone_does_everything() -> None:
    assert may(None, 0.0)
    assert not was_given(None)


def test_a_file_that_is_not_there_or_half_allows_nothing(tmp_path: Path) -> None:
    assert not may(tmp_path / "none", 0.0)
    (tmp_path / "half").write_text('{"until"')
    assert not may(tmp_path / "half", 0.0)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], tuple[Engine, Path]]]:
    """Makes an empty truth in a file, each time another."""

    def make() -> tuple[Engine, Path]:
        place = tmp_path_factory.mktemp("truth")
        truth = open_sqlite(place / "carillon.db")
        upgrade(truth)
        return truth, place

    return make


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("looks"), st.sampled_from("abc")),
        st.tuples(st.just("cut"), st.sampled_from("abc")),
        st.tuples(st.just("heal"), st.sampled_from("abc")),
        st.tuples(st.just("drain"), st.sampled_from("abc")),
        st.tuples(st.just("passes"), st.sampled_from((0.3, 1.0, 3.0, 7.0))),
    ),
    min_size=5,
    max_size=60,
)


@settings(max_examples=30, deadline=None)
@given(steps=STEPS)
def test_never_two_whatever_happens(fresh: Callable[[], tuple[Engine, Path]], steps: list[tuple[str, object]]) -> None:
    nodes = Nodes(*fresh(), names="abc")
    for verb, what in steps:
        if verb == "passes":
            nodes.passes(float(str(what)))
        elif verb == "looks":
            nodes.looks(str(what))
        elif verb == "drain":
            nodes.nodes[str(what)].wants = not nodes.nodes[str(what)].wants
        else:
            (nodes.cut.add if verb == "cut" else nodes.cut.discard)(str(what))
        assert len(nodes.work()) <= 1


@on_sqlite
def test_a_system_of_one_node_has_no_lease_to_ask(paths: SystemPaths) -> None:
    assert open_truth(paths).dialect.name == "sqlite"
    assert not paths.database.exists()
