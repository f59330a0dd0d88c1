"""`carillon mail`: the mail server that voice messages leave by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands
from carillon.cli.passwords import Password, typed_or_made
from carillon.model.mailserver import Security

if TYPE_CHECKING:
    from carillon.model.mailserver import MailServer

app = commands("The mail server that voice messages leave by.")


@app.command("set")
def set_(
    context: typer.Context,
    server: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="SMTP server; port 587 if left out.")] = None,
    sender: Annotated[str | None, typer.Option("--from", metavar="ADDRESS", help="Who the messages come from.")] = None,
    user: Annotated[str | None, typer.Option(help="Name to log in with; an empty one for none.")] = None,
    password: Password = None,
    security: Annotated[
        Security | None, typer.Option(help="auto: STARTTLS when it is offered; starttls and tls: or nothing is sent.")
    ] = None,
) -> None:
    """Say by which server messages leave.

    Example: `carillon mail set --server mail.example.org:587 --user phones --password - --from phones@example.org`
    """
    from carillon.provisioning import mailservers
    from carillon.provisioning.trunkkey import TrunkKey

    if all(given is None for given in (server, sender, user, password, security)):
        raise typer.BadParameter("Nothing to change: see --help.")
    cli = Cli.of(context)
    typed, _ = typed_or_made(password, make=False)
    key = TrunkKey.of(cli.paths)
    sequence = mailservers.set(cli.truth, cli.who, key, server, sender, user, security, typed)
    found = mailservers.show(cli.truth)
    assert found is not None
    cli.done(f"Voice messages leave by {found.host}:{found.port}, from {found.sender}.", _row(found), sequence)


@app.command()
def show(context: typer.Context) -> None:
    """Show the mail server; its password can't be shown.

    Example: `carillon mail show`
    """
    from carillon.provisioning import mailservers

    cli = Cli.of(context)
    found = mailservers.show(cli.truth)
    cli.show(_row(found) if found else {"server": None}, "Mail server")


@app.command()
def remove(context: typer.Context) -> None:
    """Send no messages any more; they stay in their mailboxes.

    Example: `carillon mail remove`
    """
    from carillon.provisioning import mailservers

    cli = Cli.of(context)
    sequence = mailservers.remove(cli.truth, cli.who)
    cli.done("No voice messages are mailed any more.", {"server": None}, sequence)


def _row(of: MailServer) -> dict[str, object]:
    return {"server": f"{of.host}:{of.port}", "from": of.sender, "user": of.user, "security": str(of.security)}
