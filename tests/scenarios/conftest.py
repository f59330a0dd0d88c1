"""The `office` of each scenario, in the world that `--world` chooses; both by default where engines are there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.worlds.office import Office
from tests.worlds.simulated import SimulatedOffice

SIMULATED = pytest.param("simulated", id="simulated")
BARE = pytest.param("bare", id="without asterisk")
LIVE = pytest.param("live", id="live", marks=pytest.mark.engines)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each scenario runs in both worlds, unless it is marked for one; in the simulated one also without Asterisk."""
    if "office" in metafunc.fixturenames:
        markers = {marker.name for marker in metafunc.definition.iter_markers()}
        bare = [] if "needs_asterisk" in markers else [BARE]
        both = [SIMULATED, LIVE, *bare]
        worlds = [LIVE] if "live_only" in markers else [SIMULATED, *bare] if "simulated_only" in markers else both
        metafunc.parametrize("office", worlds, indirect=True)


@pytest.fixture
def office(request: pytest.FixtureRequest) -> Iterator[Office]:
    """Alice, Bob and Carol at their phones."""
    if request.param in ("simulated", "bare"):
        office = SimulatedOffice()
        if request.param == "bare":
            office.engine.goes_without_asterisk()
        yield office
    else:
        from tests.worlds.live import LiveOffice  # its phones need what `make check` does not install

        with LiveOffice.open(request.getfixturevalue("building")) as office:
            yield office


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A failing scenario prints its ladder, with the rules beside it."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    office = getattr(item, "funcargs", {}).get("office")
    if report.failed and call.when == "call" and office is not None:
        report.sections.append(("ladder", office.ladder()))
