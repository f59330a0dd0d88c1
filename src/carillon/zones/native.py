"""What NSD's own checks say of a configuration and its zone files."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

PATIENCE_S = 10.0
CHECK_CONFIGURATION, CHECK_ZONE = "/usr/sbin/nsd-checkconf", "/usr/sbin/nsd-checkzone"


def objections(directory: Path, configuration: str, domains: Iterable[str]) -> str:
    """The first thing to which NSD objects among these files of a directory; empty when it accepts them."""
    checks = [[CHECK_CONFIGURATION, str(directory / configuration)]]
    checks += [[CHECK_ZONE, domain, str(directory / f"{domain}.zone")] for domain in domains]
    return next(filter(None, map(_says, checks)), "")


def _says(check: list[str]) -> str:
    done = subprocess.run(check, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    return "" if done.returncode == 0 else (done.stderr or done.stdout or f"{check[0]} failed").strip()
