"""What a node does for all, while it holds the lease (ADR 30): whether daemons of this node may do it now.

The follower writes the file that is read here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def may(file: Path | None, now: float) -> bool:
    """Whether a daemon of this node may do now (monotonic seconds) what happens once; always when it is alone."""
    if file is None:
        return True
    return now < float(_said(file).get("until", 0.0))


def was_given(file: Path | None) -> bool:
    """Whether this node stopped because it gives the work to another one, and has a moment to say goodbye."""
    return file is not None and bool(_said(file).get("given"))


def _said(file: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return {}
