"""The `company` of each live test: people with devices in a domain of their own, and its ladder when a test fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from tests.live.company import Company

if TYPE_CHECKING:
    from tests.worlds.building import Building


@pytest.fixture
def company(building: Building) -> Iterator[Company]:
    """Alice, Bob and Carol have devices; no phone is on yet."""
    with ExitStack() as phones:
        yield Company(building, phones)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A failing test prints what was decided, rule by rule."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    company = getattr(item, "funcargs", {}).get("company")
    if report.failed and call.when == "call" and company is not None:
        report.sections.append(("ladder", company.ladder()))
