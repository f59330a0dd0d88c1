"""Importing from CSV files and exporting to them, whatever is in them: how it is read, written and reported."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from carillon.cli.context import Cli
from carillon.model.refused import Refused

if TYPE_CHECKING:
    from carillon.provisioning.csvlines import RefusedLine

STREAM = "-"
File = Annotated[str, typer.Argument(metavar="FILE", help="CSV file; '-' is standard input or output.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")]


class Imported(Protocol):
    """What became of a file."""

    @property
    def added(self) -> int: ...
    @property
    def changed(self) -> int: ...
    @property
    def unchanged(self) -> int: ...
    @property
    def refused(self) -> Sequence[RefusedLine]: ...
    @property
    def sequence(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Things:
    """What the lines of a file are about, in words."""

    one: str
    many: str

    def counted(self, count: int) -> str:
        """`1 user`, `7 users`."""
        return f"1 {self.one}" if count == 1 else f"{count} {self.many}"


def read_file(file: str) -> bytes:
    """What is to be imported. Raises `Refused`."""
    try:
        return sys.stdin.buffer.read() if file == STREAM else Path(file).read_bytes()
    except OSError as error:
        raise Refused("file", f"{file} can't be read ({error.strerror}); write the path of a CSV file.") from error


def tell_import(
    cli: Cli, report: Imported, things: Things, *, dry_run: bool, gone: str = "", more: dict[str, object] | None = None
) -> None:
    """Say what became of each line, and put it in force unless it was a dry run; exit status 1 when some were refused.

    `gone` is what was taken away, in words; `more` stands in the JSON besides.
    """
    for line in report.refused:
        typer.echo(str(line), err=True)
    sentence, row = _sentence(report, things, dry_run, gone), _row(report, dry_run) | (more or {})
    if not dry_run:
        cli.done(sentence, row, report.sequence)
    elif cli.json:
        cli.show(row, "Import")
    else:
        typer.echo(sentence)
    if report.refused:
        raise typer.Exit(1)


def tell_export(cli: Cli, file: str, text: str, things: Things, count: int) -> None:
    """Write what was exported, and say so unless it went to standard output. Raises `Refused`."""
    if file == STREAM:
        typer.echo(text, nl=False)
        return
    try:
        Path(file).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise Refused("file", f"{file} can't be written ({error.strerror}); choose another one.") from error
    if cli.json:
        cli.show({"file": file, things.many: count}, "Export")
    else:
        typer.echo(f"{things.counted(count)} written to {file}.")


def _sentence(report: Imported, things: Things, dry_run: bool, gone: str) -> str:
    would = " would be" if dry_run else ""
    done = f"{report.changed}{would} changed, {report.unchanged} unchanged"
    lines = "1 line" if len(report.refused) == 1 else f"{len(report.refused) or 'no'} lines"
    left = f", {gone}{would} removed" if gone else ""
    return f"{things.counted(report.added)}{would} added, {done}{left}; {lines} refused."


def _row(report: Imported, dry_run: bool) -> dict[str, object]:
    return {
        "added": report.added,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "refused": [{"line": line.number, "field": line.field, "sentence": line.sentence} for line in report.refused],
        "dry_run": dry_run,
    }
