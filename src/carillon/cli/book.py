"""`carillon book`: address books, shared and personal."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli import bookentry, bookfile
from carillon.cli.context import Cli, commands
from carillon.cli.passwords import typed

if TYPE_CHECKING:
    from carillon.provisioning.books import BookView

app = commands("Address books: who outside numbers are.")
bookfile.register(app)
app.add_typer(bookentry.app, name="entry")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the book, such as suppliers.")]
Owner = Annotated[str | None, typer.Option("--user", metavar="EXT", help="Whose book it is; everybody's without it.")]


Url = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Ask another system there, with {number} in the place of the number."),
]
Field = Annotated[
    str | None, typer.Option(metavar="PATH", help="Where the name is in its JSON: name, results.0.name, first,last.")
]
Token = Annotated[
    str | None,
    typer.Option(help="Proves to it who asks; '-' reads it from standard input; '' for none. Never shown again."),
]
Keep = Annotated[int | None, typer.Option(metavar="SECONDS", help="How long a name is kept; a day when new.")]


@app.command()
def add(
    context: typer.Context,
    name: Name,
    owner: Owner = None,
    url: Url = None,
    field: Field = None,
    token: Token = None,
    keep: Keep = None,
) -> None:
    """Make a book, asked after those that there are. A user's own books are asked before everybody's.

    With --url it is another system, which is asked by REST when no book knows a number.

    Example: `carillon book add crm --url "https://crm.example.org/people?phone={number}" --field 0.name --token -`
    """
    from carillon.provisioning import books
    from carillon.provisioning.trunkkey import TrunkKey

    cli = Cli.of(context)
    fields = books.SourceTyped(url, field, keep, typed(token, "Token"))
    sequence = books.add(cli.truth, cli.who, name, owner, fields, TrunkKey.of(cli.paths))
    _done(cli, "added", books.show(cli.truth, name, owner), sequence)


@app.command("list")
def list_(
    context: typer.Context,
    owner: Annotated[str | None, typer.Option("--user", metavar="EXT", help="Only the books of this user.")] = None,
    domain: Annotated[str | None, typer.Option(help="Only the books of this domain.")] = None,
) -> None:
    """List the books in the order in which they are asked.

    Example: `carillon book list`
    """
    from carillon.provisioning import books

    cli = Cli.of(context)
    cli.show([_row(one) for one in books.listing(cli.truth, domain, owner)], "Books")


@app.command()
def show(context: typer.Context, name: Name, owner: Owner = None) -> None:
    """Show a book; `carillon book entry list` shows what is in it.

    Example: `carillon book show suppliers`
    """
    from carillon.provisioning import books
    from carillon.supervision.sourcereports import report

    cli = Cli.of(context)
    view = books.show(cli.truth, name, owner)
    state = report(cli.paths, view.book.domain, view.book.name) if view.book.url else None
    cli.show({**_row(view), **(asdict(state) if state else {})}, "Book")


@app.command("set")
def set_(
    context: typer.Context,
    name: Name,
    position: Annotated[int | None, typer.Option(metavar="N", help="When it is asked: 1 is first.")] = None,
    owner: Owner = None,
    url: Url = None,
    field: Field = None,
    token: Token = None,
    keep: Keep = None,
) -> None:
    """Ask a book earlier or later, or change how another system is asked.

    Example: `carillon book set suppliers --position 1`
    """
    from carillon.provisioning import books
    from carillon.provisioning.trunkkey import TrunkKey

    if all(value is None for value in (position, url, field, token, keep)):
        raise typer.BadParameter("Nothing to change: give --position, --url, --field, --token or --keep.")
    cli = Cli.of(context)
    fields = books.SourceTyped(url, field, keep, typed(token, "Token"))
    sequence = books.set(cli.truth, cli.who, name, owner, position, fields, TrunkKey.of(cli.paths))
    _done(cli, "changed", books.show(cli.truth, name, owner), sequence)


@app.command()
def remove(context: typer.Context, name: Name, owner: Owner = None) -> None:
    """Remove a book with all that is in it.

    Example: `carillon book remove suppliers`
    """
    from carillon.provisioning import books

    cli = Cli.of(context)
    gone = books.show(cli.truth, name, owner)
    _done(cli, "removed", gone, books.remove(cli.truth, cli.who, name, owner))


@app.command()
def find(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="An outside number, such as +32475123456.")],
    owner: Annotated[str | None, typer.Option("--user", metavar="EXT", help="For whom it is looked up.")] = None,
    domain: Annotated[str | None, typer.Option(help="In this domain; the default one without it.")] = None,
) -> None:
    """Say which name phones show for a number, and where it comes from.

    Example: `carillon book find "0475 12 34 56" --user 101`
    """
    from carillon.explain.live import directory_of, heard
    from carillon.provisioning import booklookup

    cli = Cli.of(context)
    asked = booklookup.question(cli.truth, number, owner, domain)
    with directory_of(cli.paths, cli.truth) as directory:
        found = directory.named(*asked) or heard(cli.paths, *asked[:2])
    row = {"number": asked[1], "name": found.name if found else None, "source": found.source if found else None}
    cli.show(row, "Name")


def _done(cli: Cli, done: str, view: BookView, sequence: int) -> None:
    whose = f" of {view.book.owner}@{view.book.domain}" if view.book.owner else f"@{view.book.domain}"
    cli.done(f"Book {view.book.name}{whose} {done}.", _row(view), sequence)


def _row(view: BookView) -> dict[str, object]:
    return {
        "name": view.book.name,
        "domain": view.book.domain,
        "user": view.book.owner or None,
        "position": view.book.position,
        "numbers": view.numbers,
        **(_source(view) if view.book.url else {}),
    }


def _source(view: BookView) -> dict[str, object]:
    book = view.book
    return {"url": book.url, "field": book.field, "keep_s": book.keep_s, "token": "kept" if view.has_token else None}
