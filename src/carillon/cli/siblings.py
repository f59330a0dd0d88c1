"""What other nodes answer a command: who doesn't is said on standard error, and never left out silently."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from carillon.cli.context import Cli

if TYPE_CHECKING:
    from carillon.model.node import Node

Made = TypeVar("Made")


def asked(
    cli: Cli, siblings: Sequence[Node], what: str, read: Callable[[Any], Made], *question: str, instead: str = ""
) -> dict[str, list[Made]]:
    """What each answers to one of `siblings.asked.QUESTIONS`, by name, each row as `read` has it.

    `what` are missing of those that don't answer, or answer what this version can't read; `instead` is said where they
    aren't quite.
    """
    if not siblings:
        return {}
    from carillon.siblings.asking import ask_all

    told = ask_all(cli.paths.run_tls, siblings, *question)
    silent, found = dict(told.silent), dict[str, list[Made]]()
    for name, rows in told.answers.items():
        try:
            found[name] = [read(row) for row in rows]
        except (KeyError, TypeError, ValueError):
            silent[name] = "its answer is not understood; is it of another version?"
    for name, why in silent.items():
        typer.echo(f"Node {name} doesn't answer ({why}): {instead or f'its {what} are missing here'}.", err=True)
    return found
