"""What every command has: the system it is about, and one way to answer, as a table or as JSON."""

from __future__ import annotations

import functools
import inspect
import json as json_text
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

import carillon
from carillon.model.refused import Refused
from carillon.system.paths import SystemPaths

if TYPE_CHECKING:
    from sqlalchemy import Engine

Command = TypeVar("Command", bound=Callable[..., Any])
Row = Mapping[str, object]

DEMO = Path(carillon.__file__).resolve().parents[2] / "var" / "demo"
"""The demo system of this checkout."""

PIPE_COLUMNS = 200
"""Width of a table that no terminal bounds."""


@dataclass
class Cli:
    """One invocation: the paths of its system, and whether it answers in JSON."""

    paths: SystemPaths
    json: bool = False

    @classmethod
    def of(cls, context: typer.Context) -> Cli:
        """The invocation that a command belongs to."""
        found = context.find_object(cls)
        return found if found is not None else cls(SystemPaths.of(DEMO))

    @functools.cached_property
    def truth(self) -> Engine:
        """The truth of the system. Raises `Refused` when there is no system."""
        from carillon.provisioning.system import open_truth

        return open_truth(self.paths, lambda sentence: typer.echo(sentence, err=True))

    @functools.cached_property
    def who(self) -> str:
        """Who types, for the journal."""
        from carillon.provisioning.system import administrator

        return administrator()

    def show(self, rows: Sequence[Row] | Row, title: str) -> None:
        """Print rows as a table, or one thing as its fields, on standard output; the same in JSON when asked."""
        if self.json:
            typer.echo(json_text.dumps(rows, ensure_ascii=False, indent=2))
        elif isinstance(rows, Mapping):
            _print_table(title, ("", ""), [(key, value) for key, value in rows.items()])
        elif rows:
            _print_table(title, tuple(rows[0]), [tuple(row.values()) for row in rows])
        else:
            typer.echo(f"{title}: none.")

    def done(self, sentence: str, changed: Row, sequence: int) -> None:
        """Say what was changed and put it in force. Raises `Refused`, after saying, when calls can't see it yet."""
        from carillon.provisioning.system import put_in_force

        if not self.json:
            typer.echo(sentence)
        try:
            in_force = put_in_force(self.paths)
        except Refused:
            self._say_force(changed, sequence, in_force=False)
            raise
        self._say_force(changed, sequence, in_force)

    def say(self, sentence: str, row: Row) -> None:
        """Say what was done besides the truth."""
        if self.json:
            self.show(row, "")
        else:
            typer.echo(sentence)

    def _say_force(self, changed: Row, sequence: int, in_force: bool) -> None:
        if self.json:
            self.show({**changed, "sequence": sequence, "in_force": in_force}, "")
        elif in_force:
            typer.echo("In force now.")
        else:
            typer.echo("Not in force yet: it will be when the system starts.")


class Commands(typer.Typer):
    """A Typer application whose commands all know `--json`, also after the verb."""

    def command(self, name: str | None = None, **settings: Any) -> Callable[[Command], Command]:
        """As `Typer.command`."""
        register = super().command(name, **settings)

        def remember(function: Command) -> Command:
            register(_with_json(function))
            return function

        return remember


def commands(help: str) -> Commands:
    """An application of our style: for a noun, or for the root."""
    return Commands(
        help=help,
        no_args_is_help=True,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def choose_json(context: typer.Context, chosen: bool) -> bool:
    """Remember `--json`, wherever it stood."""
    if chosen:
        Cli.of(context).json = True
    return chosen


def _with_json(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same command with an option `--json` that `choose_json` takes care of."""
    option = Annotated[bool, typer.Option("--json", help="Answer in JSON.", callback=choose_json)]

    @functools.wraps(function)
    def command(*values: Any, as_json: bool, **named: Any) -> Any:
        return function(*values, **named)

    signature = inspect.signature(function, eval_str=True)
    added = inspect.Parameter("as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=option)
    parameters = [*signature.parameters.values(), added]
    vars(command)["__signature__"] = signature.replace(parameters=parameters)
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    return command


def _print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        console = Console(width=PIPE_COLUMNS)
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, show_header=any(columns))
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(Text(_shown(value)) for value in row))
    console.print(table)


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_shown(each) for each in value)
    return str(value)
