"""`carillon book import` and `carillon book export`: address books in CSV files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.bar import bar
from carillon.cli.context import Cli, Commands
from carillon.cli.people import File, read_file, write_file

if TYPE_CHECKING:
    from carillon.provisioning.bookentries import Report

Book = Annotated[str, typer.Argument(metavar="BOOK", help="Name of the book, such as suppliers.")]
Owner = Annotated[str | None, typer.Option("--user", metavar="EXT", help="Whose book it is; everybody's without it.")]


def register(app: Commands) -> None:
    """Add both verbs to the noun `book`."""
    app.command("import")(import_)
    app.command("export")(export)


def import_(
    context: typer.Context,
    book: Book,
    file: File,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Take out of the book what isn't in the file.")] = False,
    owner: Owner = None,
) -> None:
    """Put a CSV file into a book, by number. Refused lines are reported, the others imported.

    Its first line names its columns: name (or first name and last name), company, note, and numbers in one column or
    several (phone, mobile, business phone and so on). Exit status 1 when lines were refused.

    Example: `carillon book import suppliers suppliers.csv --dry-run`
    """
    from carillon.provisioning.bookentries import import_file

    cli = Cli.of(context)
    data = read_file(file)
    with bar(cli, "Importing") as told:
        report = import_file(cli.truth, cli.who, book, owner, data, dry_run, replace, told)
    for line in report.refused:
        typer.echo(str(line), err=True)
    if report.ignored:
        typer.echo(f"Left out, as not needed: column {', '.join(report.ignored)}.", err=True)
    if not dry_run:
        cli.done(_sentence(report, dry_run), _row(report, dry_run), report.sequence)
    elif cli.json:
        cli.show(_row(report, dry_run), "Import")
    else:
        typer.echo(_sentence(report, dry_run))
    if report.refused:
        raise typer.Exit(1)


def export(context: typer.Context, book: Book, file: File, owner: Owner = None) -> None:
    """Write a book to a CSV file that `carillon book import` reads.

    Example: `carillon book export suppliers suppliers.csv`
    """
    from carillon.provisioning.bookentries import export_file

    cli = Cli.of(context)
    text, entries = export_file(cli.truth, book, owner)
    if not write_file(file, text):
        return
    if cli.json:
        cli.show({"file": file, "entries": entries}, "Export")
    else:
        typer.echo(f"{_counted(entries)} written to {file}.")


def _sentence(report: Report, dry_run: bool) -> str:
    would = " would be" if dry_run else ""
    parts = f"{_counted(report.added)}{would} added, {report.changed}{would} changed, {report.unchanged} unchanged"
    gone = f", {report.removed} numbers{would} removed" if report.removed else ""
    lines = "1 line" if len(report.refused) == 1 else f"{len(report.refused) or 'no'} lines"
    return f"{parts}{gone}; {lines} refused."


def _row(report: Report, dry_run: bool) -> dict[str, object]:
    return {
        "added": report.added,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "removed_numbers": report.removed,
        "refused": [{"line": line.number, "field": line.field, "sentence": line.sentence} for line in report.refused],
        "columns_left_out": list(report.ignored),
        "dry_run": dry_run,
    }


def _counted(entries: int) -> str:
    return "1 entry" if entries == 1 else f"{entries} entries"
