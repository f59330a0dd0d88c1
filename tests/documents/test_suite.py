"""What `make test` makes of a test that fails beside others: a second try alone, and a word about it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2]
FAILS_ONCE = """
import pathlib

def test_hurried():
    tried = pathlib.Path("tried")
    tried.write_text(tried.read_text() + "x" if tried.exists() else "x")
    assert len(tried.read_text()) >= {needed}
"""


def suite(where: Path, needed: int) -> tuple[int, str]:
    """Run a suite of one test, which passes at the try `needed`; its exit code and what it printed."""
    (where / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    (where / "test_one.py").write_text(FAILS_ONCE.format(needed=needed))
    environment = os.environ | {"PYTHONPATH": f"{HERE}:{HERE / 'src'}"}
    ran = subprocess.run(
        [sys.executable, "-m", "tests.suite"], cwd=where, env=environment, capture_output=True, text=True, check=False
    )
    return ran.returncode, ran.stdout


@pytest.mark.parametrize(
    ("needed", "code", "tries"), [(1, 0, 1), (2, 0, 2), (3, 1, 2)], ids=["passes", "passes alone", "fails alone too"]
)
def test_what_fails_is_tried_once_more_and_named(tmp_path: Path, needed: int, code: int, tries: int) -> None:
    ended, said = suite(tmp_path, needed)
    assert (ended, len((tmp_path / "tried").read_text())) == (code, tries), said
    assert ("Passed alone only:\n  test_one.py::test_hurried" in said) == (code == 0 and tries == 2)
