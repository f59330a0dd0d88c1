"""A daemon's sign of life, whatever somebody does to the clock of the machine."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from carillon.system import pulse


def test_a_clock_that_is_put_forward_makes_nobody_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    pulse.beat(tmp_path / pulse.NAME)
    monkeypatch.setattr(time, "time", lambda: now + 600)
    assert pulse.age_s(tmp_path) < 60
    pulse.beat(tmp_path / pulse.NAME)
    assert pulse.age_s(tmp_path) < 60


def test_who_goes_round_no_more_grows_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pulse.beat(tmp_path / pulse.NAME)
    later = time.monotonic() + 100
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert 99 < pulse.age_s(tmp_path) < 160


def test_who_has_not_gone_round_yet_is_not_late(tmp_path: Path) -> None:
    assert pulse.age_s(tmp_path) == 0
