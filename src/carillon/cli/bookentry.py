"""`carillon book entry`: who is in an address book."""

from __future__ import annotations

from typing import Annotated

import typer

from carillon.cli.context import Cli, commands

app = commands("Who is in an address book.")

Book = Annotated[str, typer.Argument(metavar="BOOK", help="Name of the book, such as suppliers.")]
Owner = Annotated[str | None, typer.Option("--user", metavar="EXT", help="Whose book it is; everybody's without it.")]


@app.command()
def add(
    context: typer.Context,
    book: Book,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who it is; '' when only a company is known.")],
    numbers: Annotated[list[str], typer.Argument(metavar="NUMBER...", help="Outside numbers, as people write them.")],
    company: Annotated[str, typer.Option(help="Shown behind the name.")] = "",
    note: Annotated[str, typer.Option(help="For whoever keeps the book; phones don't show it.")] = "",
    owner: Owner = None,
) -> None:
    """Put somebody into a book.

    Example: `carillon book entry add suppliers "Jan Peeters" "0475 12 34 56" --company Acme`
    """
    from carillon.provisioning import bookentries

    cli = Cli.of(context)
    sequence = bookentries.add(cli.truth, cli.who, book, owner, name, numbers, company, note)
    shown = (
        f"{name.strip()} ({company.strip()})" if name.strip() and company.strip() else name.strip() or company.strip()
    )
    cli.done(f"{shown} added to {book}.", {"book": book, "name": shown}, sequence)


@app.command("list")
def list_(
    context: typer.Context,
    book: Book,
    search: Annotated[str, typer.Option(metavar="TEXT", help="Only who has this in name, company or number.")] = "",
    owner: Owner = None,
) -> None:
    """List who is in a book.

    Example: `carillon book entry list suppliers --search peeters`
    """
    from carillon.provisioning import bookentries

    cli = Cli.of(context)
    entries = bookentries.listing(cli.truth, book, owner, search)
    rows = [
        {"name": one.name, "company": one.company, "numbers": list(one.numbers), "note": one.note} for one in entries
    ]
    cli.show(rows, "Entries")


@app.command()
def remove(
    context: typer.Context,
    book: Book,
    what: Annotated[str, typer.Argument(metavar="NUMBER|NAME", help="A number, or a name with all its numbers.")],
    owner: Owner = None,
) -> None:
    """Take a number, or somebody, out of a book.

    Example: `carillon book entry remove suppliers "Jan Peeters"`
    """
    from carillon.provisioning import bookentries

    cli = Cli.of(context)
    sequence, gone = bookentries.remove(cli.truth, cli.who, book, owner, what)
    cli.done(f"{', '.join(gone)} removed from {book}.", {"book": book, "numbers": list(gone)}, sequence)
