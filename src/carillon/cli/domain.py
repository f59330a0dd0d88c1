"""`carillon domain`: the domains that a system serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.choices import MostCalls, YesNo, chosen
from carillon.cli.context import Cli, commands
from carillon.model.domain import DigestOffer
from carillon.model.messagesfrom import shown

if TYPE_CHECKING:
    from carillon.provisioning.domains import DomainView

app = commands("The SIP domains that this system serves.")

Name = Annotated[str, typer.Argument(metavar="DOMAIN", help="Domain name, such as example.org.")]
_OFFER = typer.Option(metavar="both|md5|sha256", help="Digest algorithms to offer: some phones choke on two.")
Digest = Annotated[str, _OFFER]
DigestChange = Annotated[str | None, _OFFER]


Callback = Annotated[
    int | None, typer.Option(metavar="MINUTES", help="How long people wait to be called back; 0: not at all.")
]
CallbackHint = Annotated[
    YesNo | None, typer.Option(help="Whether who finds a colleague busy is told how to be called back.")
]
SessionTimer = Annotated[
    int | None, typer.Option(metavar="SECONDS", help="A call whose phone has vanished ends within that; 90 to 1800.")
]


Naptr = Annotated[
    str | None,
    typer.Option(metavar="tls,tcp,udp|off", help="What its NAPTR records lead phones to, the best first; or none."),
]


MessagesFrom = Annotated[
    str | None,
    typer.Option(metavar="DOMAINS|all|none", help="Other domains of this system whose people may write to its own."),
]


RecordingDays = Annotated[
    int | None, typer.Option(metavar="DAYS", help="How long recordings of calls are kept; 0 for ever.")
]


@app.command()
def add(
    context: typer.Context,
    name: Name,
    digest: Digest = DigestOffer.BOTH,
) -> None:
    """Serve one more domain.

    Example: `carillon domain add branch.example.org`
    """
    from carillon.provisioning import domains

    cli = Cli.of(context)
    sequence = domains.add(cli.truth, cli.who, name, digest)
    added = domains.show(cli.truth, name)
    cli.done(f"Domain {added.domain.name} added.", _row(added), sequence)


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the domains.

    Example: `carillon domain list`
    """
    from carillon.provisioning import domains

    cli = Cli.of(context)
    cli.show([_row(view) for view in domains.listing(cli.truth)], "Domains")


@app.command()
def show(context: typer.Context, name: Name) -> None:
    """Show one domain.

    Example: `carillon domain show example.org`
    """
    from carillon.provisioning import domains

    cli = Cli.of(context)
    cli.show(_row(domains.show(cli.truth, name)), "Domain")


@app.command("set")
def set_(
    context: typer.Context,
    name: Name,
    digest: DigestChange = None,
    session_timer: SessionTimer = None,
    most_calls: MostCalls = None,
    recording_days: RecordingDays = None,
    callback: Callback = None,
    callback_hint: CallbackHint = None,
    naptr: Naptr = None,
    messages_from: MessagesFrom = None,
) -> None:
    """Change a domain: digest, session timers, calls at once, how long recordings and call-backs last, NAPTR,
    who may write.

    Example: `carillon domain set example.org --session-timer 600`
    """
    from carillon.provisioning import domains

    given = (digest, session_timer, most_calls, recording_days, callback, chosen(callback_hint), naptr, messages_from)
    if all(each is None for each in given):
        known = "--digest, --session-timer, --most-calls, --recording-days, --callback, --callback-hint, --naptr or "
        known += "--messages-from"
        raise typer.BadParameter(f"Nothing to change: give {known}.")
    cli = Cli.of(context)
    sequence = domains.set(cli.truth, cli.who, name, *given)
    view = domains.show(cli.truth, name)
    cli.done(f"Domain {view.domain.name} changed.", _row(view), sequence)


@app.command()
def remove(context: typer.Context, name: Name) -> None:
    """Stop serving a domain; one that has users, or is the default one, stays.

    Example: `carillon domain remove branch.example.org`
    """
    from carillon.provisioning import domains

    cli = Cli.of(context)
    removed = _row(domains.show(cli.truth, name))
    sequence = domains.remove(cli.truth, cli.who, name)
    cli.done(f"Domain {removed['name']} removed.", removed, sequence)


def _row(view: DomainView) -> dict[str, object]:
    return {
        "name": view.domain.name,
        "digest": str(view.domain.digest),
        "session_timer_s": view.domain.session_timer_s,
        "recording_days": view.domain.recording_days,
        "callback": view.domain.callback_s // 60,
        "callback_hint": view.domain.callback_hint,
        "default": view.default,
        "users": view.users,
        "most_calls": view.domain.most_calls,
        "naptr": view.domain.naptr.replace(" ", ",") or "off",
        "messages_from": shown(view.domain.messages_from),
    }
