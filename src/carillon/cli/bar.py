"""A bar for what takes long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from carillon.cli.context import Cli

STEPS = 200
"""Drawn at most so often: what is measured shall not wait for its bar."""


@contextmanager
def bar(cli: Cli, what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, when a person looks at it; what it yields is told how much of how much is done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=cli.json or not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        drawn = 0

        def told(done: int, total: int) -> None:
            nonlocal drawn
            if done == total or done - drawn >= total / STEPS:
                drawn = done
                progress.update(task, completed=done, total=total)

        yield told
