"""Everything on all processors; what failed is run once more, with its file and alone, before it counts.

Three files at once on two processors leave an engine without processor time for seconds, and then a phone gives up
that would not have: only what fails when nothing else runs is a failure. What passed alone is named at the end: who
sees the same name there twice should look for a race.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

LAST_FAILED = Path(".pytest_cache/v/cache/lastfailed")
MOST = 20
"""More failures than this are no matter of load."""
FAILED = 1
"""What pytest ends with when tests failed."""


def main(arguments: Sequence[str]) -> int:
    """Run the suite (`arguments` go to pytest); 0 when every test passed, be it at the second try."""
    LAST_FAILED.unlink(missing_ok=True)
    code = _pytest("--numprocesses=3", "--dist=loadfile", *arguments)
    failed = failures(LAST_FAILED)
    if code != FAILED or not 0 < len(failed) <= MOST:
        return code
    files = sorted({test.partition("::")[0] for test in failed})
    print(f"\n{len(failed)} failed beside others; their files once more, alone: {' '.join(files)}", flush=True)
    code = _pytest(*files)
    if code == 0:
        print("\nPassed alone only:", *failed, sep="\n  ", flush=True)
    return code


def failures(file: Path) -> list[str]:
    """The tests that pytest remembers as failed; none when it remembers nothing."""
    try:
        return sorted(json.loads(file.read_text()))
    except (OSError, ValueError):
        return []


def _pytest(*arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
