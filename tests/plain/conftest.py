"""A small office on the engine on paper, one for all tests of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.plain.call import arrivals
from tests.plain.office import PaperOffice, paper_engine
from tests.plain.ways import Arrival, Ways


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ways]:
    """Its worker's two ways."""
    with paper_engine() as paper:
        office = PaperOffice(paper, tmp_path_factory.mktemp("paper"))
        both = Ways(office)
        yield both
        both.close()
        office.close()


@pytest.fixture(scope="module")
def plain(ways: Ways) -> dict[str, Arrival]:
    """The messages of a plain call and registration, by name."""
    return arrivals(ways)
