"""What all tests share: one building with the real engines, opened when the first live scenario needs it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.worlds.building import Building

os.environ.setdefault("CARILLON_PYTHON", sys.prefix)
"""`bin/carillon` runs on the tests' own Python: `make test` on a fresh machine makes no other one."""

settings.register_profile("untimed", deadline=None)  # an example takes as long as the machine needs
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def building(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Building]:
    """A running system in network namespaces."""
    from tests.worlds.building import Building

    with Building.open(tmp_path_factory.mktemp("building") / "system") as building:
        yield building


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Name what has failed at once: the whole suite takes half an hour, and tells why at its end."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        print(f"\nFAILED ({report.when}) {report.nodeid}", file=sys.__stderr__, flush=True)
