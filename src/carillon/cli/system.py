"""The commands about a whole system: create, up, down, status, log."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of a whole system to the root."""
