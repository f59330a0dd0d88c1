"""`carillon user import` and `carillon user export`: people in a CSV file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.bar import bar
from carillon.cli.context import Cli, Commands
from carillon.model.refused import Refused

if TYPE_CHECKING:
    from carillon.provisioning.people import Report

STREAM = "-"
File = Annotated[str, typer.Argument(metavar="FILE", help="CSV file; '-' is standard input or output.")]


def register(app: Commands) -> None:
    """Add both verbs to the noun `user`."""
    app.command("import")(import_)
    app.command("export")(export)


def import_(
    context: typer.Context,
    file: File,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")] = False,
) -> None:
    """Add and change users as a CSV file says, by extension. Refused lines are reported, the others imported.

    Its first line names its columns, among extension, name, email, domain, site, rights, numbers. Who isn't in it
    stays as he is; so does what has no column. Exit status 1 when lines were refused.

    Example: `carillon user import people.csv --dry-run`
    """
    from carillon.provisioning.people import import_people

    cli = Cli.of(context)
    data = read_file(file)
    with bar(cli, "Importing") as told:
        report = import_people(cli.truth, cli.who, data, dry_run, told)
    for line in report.refused:
        typer.echo(str(line), err=True)
    if not dry_run:
        cli.done(_sentence(report, dry_run), _row(report, dry_run), report.sequence)
    elif cli.json:
        cli.show(_row(report, dry_run), "Import")
    else:
        typer.echo(_sentence(report, dry_run))
    if report.refused:
        raise typer.Exit(1)


def export(
    context: typer.Context,
    file: File,
    domain: Annotated[str | None, typer.Option(help="Only the users of this domain.")] = None,
) -> None:
    """Write all users to a CSV file that `carillon user import` reads.

    Example: `carillon user export people.csv`
    """
    from carillon.provisioning.people import export_people

    cli = Cli.of(context)
    text, users = export_people(cli.truth, domain)
    if not write_file(file, text):
        return
    if cli.json:
        cli.show({"file": file, "users": users}, "Export")
    else:
        typer.echo(f"{_counted(users)} written to {file}.")


def write_file(file: str, text: str) -> bool:
    """Write what was exported; False when it went to standard output. Raises `Refused`."""
    if file == STREAM:
        typer.echo(text, nl=False)
        return False
    try:
        Path(file).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise Refused("file", f"{file} can't be written ({error.strerror}); choose another one.") from error
    return True


def read_file(file: str) -> bytes:
    """What is to be imported. Raises `Refused`."""
    try:
        return sys.stdin.buffer.read() if file == STREAM else Path(file).read_bytes()
    except OSError as error:
        raise Refused("file", f"{file} can't be read ({error.strerror}); write the path of a CSV file.") from error


def _sentence(report: Report, dry_run: bool) -> str:
    would = " would be" if dry_run else ""
    parts = f"{_counted(report.added)}{would} added, {report.changed}{would} changed, {report.unchanged} unchanged"
    lines = "1 line" if len(report.refused) == 1 else f"{len(report.refused) or 'no'} lines"
    return f"{parts}; {lines} refused."


def _row(report: Report, dry_run: bool) -> dict[str, object]:
    return {
        "added": report.added,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "refused": [{"line": line.number, "field": line.field, "sentence": line.sentence} for line in report.refused],
        "dry_run": dry_run,
    }


def _counted(users: int) -> str:
    return "1 user" if users == 1 else f"{users} users"
