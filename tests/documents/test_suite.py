"""What `make test` makes of a test that fails beside others: a second try alone, for the real engines only."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2]
CONFIGURATION = '[tool.pytest.ini_options]\nmarkers = ["engines: needs the real components"]\n'
FAILS_ONCE = """
import pathlib, pytest
{mark}
def test_hurried():
    tried = pathlib.Path("tried")
    tried.write_text(tried.read_text() + "x" if tried.exists() else "x")
    assert len(tried.read_text()) >= {needed}
"""


def suite(where: Path, mark: str, needed: int) -> tuple[int, str]:
    """Run a suite of one test, which passes at the try `needed`; its exit code and what it printed."""
    (where / "pyproject.toml").write_text(CONFIGURATION)
    (where / "test_one.py").write_text(FAILS_ONCE.format(mark=mark, needed=needed))
    environment = os.environ | {"PYTHONPATH": f"{HERE}:{HERE / 'src'}"}
    ran = subprocess.run(
        [sys.executable, "-m", "tests.suite"], cwd=where, env=environment, capture_output=True, text=True, check=False
    )
    return ran.returncode, ran.stdout


@pytest.mark.parametrize(
    ("mark", "needed", "code", "tries"),
    [
        ("@pytest.mark.engines", 1, 0, 1),
        ("@pytest.mark.engines", 2, 0, 2),
        ("@pytest.mark.engines", 3, 1, 2),
        ("", 2, 1, 1),
    ],
    ids=["passes", "passes alone", "fails alone too", "is pure"],
)
def test_only_engines_get_a_second_try(tmp_path: Path, mark: str, needed: int, code: int, tries: int) -> None:
    ended, said = suite(tmp_path, mark, needed)
    assert (ended, len((tmp_path / "tried").read_text())) == (code, tries), said
    assert ("Passed alone only:\n  test_one.py::test_hurried" in said) == (code == 0 and tries == 2)
