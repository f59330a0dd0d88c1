"""What all tests share: one building with the real engines, opened when the first live scenario needs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.worlds.building import Building


@pytest.fixture(scope="session")
def building(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Building]:
    """A running system in network namespaces."""
    from tests.worlds.building import Building

    with Building.open(tmp_path_factory.mktemp("building") / "system") as building:
        yield building
