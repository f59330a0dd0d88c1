"""`bin/carillon`, as somebody types it in a checkout."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

COMMAND = Path(__file__).parents[2] / "bin" / "carillon"


@pytest.mark.engines
def test_it_runs_where_only_the_tests_or_the_lab_were_set_up() -> None:
    """The lab prints commands to be typed; whoever ran nothing but `make lab` was told to run `make run` first."""
    plain = {name: value for name, value in os.environ.items() if name != "CARILLON_PYTHON"}
    done = subprocess.run([COMMAND, "--version"], env=plain, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("carillon ")
