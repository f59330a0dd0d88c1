"""`carillon user import` and `carillon user export`: people in a CSV file."""

from __future__ import annotations

from typing import Annotated

import typer

from carillon.cli.bar import bar
from carillon.cli.context import Cli, Commands
from carillon.cli.csvfile import DryRun, File, Things, read_file, tell_export, tell_import

PEOPLE = Things("user", "users")


def register(app: Commands) -> None:
    """Add both verbs to the noun `user`."""
    app.command("import")(import_)
    app.command("export")(export)


def import_(
    context: typer.Context,
    file: File,
    dry_run: DryRun = False,
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
    tell_import(cli, report, PEOPLE, dry_run=dry_run)


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
    tell_export(cli, file, text, PEOPLE, users)
