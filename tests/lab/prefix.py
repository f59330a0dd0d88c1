"""What begins the names of network namespaces: each run, and each worker of a run, has its own."""

from __future__ import annotations

import os

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")


def prefix(usual: str) -> str:
    """`cl-` as it is, or `cl2-` in the third worker of a run; at most three characters and a dash."""
    return usual.replace("-", f"{WORKER}-")


BUILDING = prefix(os.environ.get("CARILLON_TEST_PREFIX", "cl-"))
"""That of the live office's building; another CARILLON_TEST_PREFIX lets two runs go on side by side."""
