"""`carillon book import` and `carillon book export`: address books in CSV files."""

from __future__ import annotations

from typing import Annotated

import typer

from carillon.cli.bar import bar
from carillon.cli.context import Cli, Commands
from carillon.cli.csvfile import DryRun, File, Things, read_file, tell_export, tell_import

ENTRIES = Things("entry", "entries")
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
    dry_run: DryRun = False,
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
    if report.ignored:
        typer.echo(f"Left out, as not needed: column {', '.join(report.ignored)}.", err=True)
    gone = f"{report.removed} numbers" if report.removed else ""
    more = {"removed_numbers": report.removed, "columns_left_out": list(report.ignored)}
    tell_import(cli, report, ENTRIES, dry_run=dry_run, gone=gone, more=more)


def export(context: typer.Context, book: Book, file: File, owner: Owner = None) -> None:
    """Write a book to a CSV file that `carillon book import` reads.

    Example: `carillon book export suppliers suppliers.csv`
    """
    from carillon.provisioning.bookentries import export_file

    cli = Cli.of(context)
    text, entries = export_file(cli.truth, book, owner)
    tell_export(cli, file, text, ENTRIES, entries)
