"""What live tests run in, and its ladder when one fails: a `company` in a domain of its own, or a `cluster`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from tests.live.company import Company
from tests.worlds.cluster import ONE, TWO, Cluster
from tests.worlds.tracing import now

if TYPE_CHECKING:
    from tests.live.branch import Branch
    from tests.worlds.building import Building


@pytest.fixture
def company(building: Building) -> Iterator[Company]:
    """Alice, Bob and Carol have devices; no phone is on yet."""
    with ExitStack() as phones:
        yield Company(building, phones)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One system of two nodes for all tests of a file; each takes its phones with it."""
    with Cluster.open(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture
def cluster(nodes: Cluster, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """No phone is on. A failing test prints what both nodes decided."""
    began, failed = now(), request.session.testsfailed
    try:
        yield nodes
    finally:
        nodes.leaves_phones()
        if request.session.testsfailed > failed:
            nodes.ends_calls()
            print("\n".join(f"--- {name}\n{nodes.ladder(name, began)}" for name in (ONE, TWO)))


@pytest.fixture
def branch(building: Branch) -> Iterator[Branch]:
    """The `building` of a file, with nobody's phone; where a branch is without Asterisk nobody is registered either."""
    yield building
    if building.is_bare:
        building.unregisters()
    building.leaves_phones()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A failing test prints what was decided, rule by rule."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    company = getattr(item, "funcargs", {}).get("company")
    if report.failed and call.when == "call" and company is not None:
        report.sections.append(("ladder", company.ladder()))
