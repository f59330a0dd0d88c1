"""`carillon voicemail`: messages that people left, and who may hear them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.choices import YesNo, chosen
from carillon.cli.context import Cli, commands
from carillon.cli.passwords import typed_or_made
from carillon.cli.siblings import asked
from carillon.model.refused import Refused

if TYPE_CHECKING:
    from carillon.model.user import User
    from carillon.model.voicemail import Voicemail
    from carillon.stores.mailboxes import Mailboxes, Message

COPIED = "its messages are known here as far as they were copied"

app = commands("Voicemail: messages that people left, and who may hear them.")

Extension = Annotated[str, typer.Argument(metavar="EXT", help="Extension, such as 102 or 102@example.org.")]


@app.command("list")
def list_(
    context: typer.Context,
    extension: Annotated[str | None, typer.Argument(metavar="[EXT]", help="Only of this mailbox.")] = None,
) -> None:
    """List the messages of all nodes, of one mailbox or of all.

    Example: `carillon voicemail list 102`
    """
    from carillon.provisioning import voicemails

    cli = Cli.of(context)
    user = None if extension is None else voicemails.show(cli.truth, extension)[0]
    several, found = _everywhere(cli, user)
    cli.show([{**({"node": node} if several else {}), **_message(one)} for node, one in found], "Voice messages")


@app.command()
def show(context: typer.Context, extension: Extension) -> None:
    """Show how a mailbox is set, and what is in it. A PIN can't be shown.

    Example: `carillon voicemail show 102`
    """
    from carillon.provisioning import voicemails

    cli = Cli.of(context)
    cli.show(_row(cli, *voicemails.show(cli.truth, extension)), "Voicemail")


@app.command("set")
def set_(
    context: typer.Context,
    extension: Extension,
    pin: Annotated[
        str | None, typer.Option(help="4 to 12 digits; '-' reads them from standard input; '' takes the PIN away.")
    ] = None,
    ask_pin: Annotated[YesNo | None, typer.Option(help="Whether *97 asks for the PIN at one's own phone, too.")] = None,
    mail: Annotated[YesNo | None, typer.Option(help="Whether messages go to the user's e-mail address.")] = None,
    longest: Annotated[int | None, typer.Option(metavar="SECONDS", help="Longest message, 10 to 1800 seconds.")] = None,
    most: Annotated[int | None, typer.Option(metavar="COUNT", help="So many messages are a full mailbox.")] = None,
) -> None:
    """Change a mailbox.

    Example: `carillon voicemail set 102 --pin - --mail yes`
    """
    from carillon.provisioning import voicemails

    if all(given is None for given in (pin, ask_pin, mail, longest, most)):
        raise typer.BadParameter("Nothing to change: see --help.")
    cli = Cli.of(context)
    typed, _ = typed_or_made(pin, make=False)
    if pin == "-" and not typed:
        raise Refused("pin", "must be 4 to 12 digits; --pin '' takes it away.")
    sequence = voicemails.set(cli.truth, cli.who, extension, typed, chosen(ask_pin), chosen(mail), longest, most)
    user, own = voicemails.show(cli.truth, extension)
    cli.done(f"Voicemail of {user.extension}@{user.domain} ({user.name}) changed.", _row(cli, user, own), sequence)


@app.command()
def remove(
    context: typer.Context,
    extension: Extension,
    message: Annotated[str | None, typer.Argument(metavar="[ID]", help="One message, by its id.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="All messages of the mailbox.")] = False,
) -> None:
    """Remove a message, or all of a mailbox.

    Example: `carillon voicemail remove 102 20261128121501-a1b2c3`
    """
    from carillon.provisioning import voicemails

    if (message is None) != all_:
        raise typer.BadParameter("Give the ID of one message, or --all.")
    cli = Cli.of(context)
    user, _ = voicemails.show(cli.truth, extension)
    store = _store(cli)
    gone = [one for one in store.messages(user.domain, user.extension) if all_ or one.id == message]
    for one in gone:
        store.remove(one)
    known = {one.id for one in gone}
    gone += {one.id: one for one in _removed_at_siblings(cli, user, message or "") if one.id not in known}.values()
    if not gone and not all_:
        raise Refused(
            "id", f"there is no message {message} for {extension}; see `carillon voicemail list {extension}`."
        )
    cli.say(f"{len(gone)} message{'' if len(gone) == 1 else 's'} removed.", {"removed": [one.id for one in gone]})


def _everywhere(cli: Cli, user: User | None) -> tuple[bool, list[tuple[str, Message]]]:
    """The messages of a mailbox or of all, each once, with the nodes where they were made; and whether several."""
    from carillon.provisioning.system import load_nodes
    from carillon.siblings.asked import message_in

    store = _store(cli)
    node, siblings = load_nodes(cli.paths)
    domain, extension = (user.domain, user.extension) if user else ("", "")
    here = store.messages(domain, extension) if user else store.everything()
    found = {one.id: (one.node or node.name, one) for one in here}
    question = "messages", domain, extension
    for name, messages in asked(cli, siblings, "messages", message_in, *question, instead=COPIED).items():
        found |= {one.id: (name, _merged(one, found)) for one in messages}
    return bool(siblings), sorted(
        found.values(), key=lambda each: (each[1].domain, each[1].extension, each[1].at, each[1].id)
    )


def _merged(made: Message, found: Mapping[str, tuple[str, Message]]) -> Message:
    """A message as the node says where it was made, heard where either knows that."""
    _, copy = found.get(made.id, ("", made))
    return replace(made, heard=made.heard or copy.heard)


def _removed_at_siblings(cli: Cli, user: User, id: str) -> list[Message]:
    """What other nodes have removed of a mailbox: one message, or all for ""."""
    from carillon.provisioning.system import load_nodes
    from carillon.siblings.asked import message_in

    question = "remove messages", user.domain, user.extension, id
    told = asked(cli, load_nodes(cli.paths)[1], "messages", message_in, *question, instead=COPIED)
    return [one for removed in told.values() for one in removed]


def _store(cli: Cli) -> Mailboxes:
    from carillon.stores.mailboxes import Mailboxes

    return Mailboxes(cli.paths.voicemail)


def _message(of: Message) -> dict[str, object]:
    mail = of.mail
    why = f": {mail.error}" if mail.error else ""
    return {
        "id": of.id,
        "for": f"{of.extension}@{of.domain}",
        "from": of.caller,
        "name": of.name,
        "at": datetime.fromtimestamp(of.at, UTC).isoformat(timespec="seconds"),
        "seconds": round(of.seconds),
        "heard": of.heard,
        "mail": f"{mail.state}{why}" if not of.node else f"known at {of.node}",
    }


def _row(cli: Cli, user: User, own: Voicemail) -> Mapping[str, object]:
    store = _store(cli)
    found = [one for _, one in _everywhere(cli, user)[1]]
    greetings = [kind for kind in ("unavailable", "busy") if store.greeting(user.domain, user.extension, kind).exists()]
    return {
        "extension": user.extension,
        "domain": user.domain,
        "name": user.name,
        "new": sum(not one.heard for one in found),
        "old": sum(one.heard for one in found),
        "pin": own.pin_hash is not None,
        "ask_pin": own.ask_pin,
        "mail_to": user.email if own.mail else None,
        "own_greetings": greetings,
        "longest": own.longest_s,
        "most": own.most,
    }
