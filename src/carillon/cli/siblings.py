"""What other nodes answer a command: who doesn't is said on standard error, and never left out silently."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from carillon.cli.context import Cli

if TYPE_CHECKING:
    from carillon.model.node import Node


def asked(cli: Cli, siblings: Sequence[Node], what: str, *question: str) -> dict[str, Any]:
    """What each answers to one of `siblings.asked.QUESTIONS`, by name; `what` are missing of those that don't."""
    if not siblings:
        return {}
    from carillon.siblings.asking import ask_all

    told = ask_all(cli.paths.run_tls, siblings, *question)
    for name, why in told.silent.items():
        typer.echo(f"Node {name} doesn't answer ({why}): its {what} are missing here.", err=True)
    return told.answers
