"""Telling people, on standard error, which component has become healthy."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console

from carillon.supervision.status import Status


class Progress:
    """A spinner on a terminal, and one line for each component once it is healthy; silent when `quiet`."""

    def __init__(self, quiet: bool = False) -> None:
        self._console = Console(stderr=True, quiet=quiet, highlight=False)
        self._spinner = self._console.status("starting …")
        self._told: set[str] = set()

    def __enter__(self) -> Progress:
        self._spinner.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._spinner.stop()

    def step(self, sentence: str) -> None:
        """Say what is being done."""
        self._spinner.update(sentence)

    def report(self, status: Status) -> None:
        """Take a look at the components; say what is new."""
        for component in status.components:
            if component.healthy and component.name not in self._told:
                self._told.add(component.name)
                self._console.print(f"  [green]✓[/] {component.name} {component.version or ''}")
        waiting = [component.name for component in status.components if not component.healthy]
        self._spinner.update(f"waiting for {', '.join(waiting)} …")
