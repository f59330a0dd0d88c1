"""`carillon announcement`: what is played to callers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.choices import YesNo, chosen
from carillon.cli.context import Cli, commands
from carillon.model.refused import Refused

if TYPE_CHECKING:
    from carillon.model.announcement import Announcement

app = commands("Announcements: what is played to callers.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the announcement, such as closed.")]
FILE = "Audio file: wav, mp3, ogg, flac and others."
Times = Annotated[int | None, typer.Option(metavar="COUNT", help="How often it is played, 1 to 20; once when new.")]
Answer = Annotated[YesNo | None, typer.Option(help="Whether the call is answered first; yes when new.")]
Code = Annotated[int | None, typer.Option(metavar="CODE", help="How a call that isn't answered fails, such as 603.")]
Then = Annotated[str | None, typer.Option(metavar="TARGET", help="Where the call goes afterwards; '' for nowhere.")]


@app.command()
def add(
    context: typer.Context,
    name: Name,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=FILE)],
    times: Times = None,
    answer: Answer = None,
    code: Code = None,
    then: Then = None,
) -> None:
    """Make an announcement of an audio file.

    Example: `carillon announcement add closed closed.mp3 --times 2`
    """
    from carillon.provisioning import announcements, changes
    from carillon.provisioning.sounds import converted

    cli = Cli.of(context)
    sound, seconds = converted(file)
    played = announcements.Played(seconds, times, chosen(answer), code, then)
    sequence = announcements.add(cli.truth, cli.who, name, played)
    new = announcements.show(cli.truth, str(changes.subject(cli.truth, sequence)))
    _keep(cli, new, sound)
    _done(cli, "added", new, sequence)


@app.command("set")
def set_(
    context: typer.Context,
    name: Name,
    file: Annotated[Path | None, typer.Option(metavar="FILE", help=FILE)] = None,
    times: Times = None,
    answer: Answer = None,
    code: Code = None,
    then: Then = None,
) -> None:
    """Change an announcement, or its sound.

    Example: `carillon announcement set closed --then voicemail:101`
    """
    from carillon.provisioning import announcements
    from carillon.provisioning.sounds import converted

    if all(given is None for given in (file, times, answer, code, then)):
        raise typer.BadParameter("Nothing to change: see --help.")
    cli = Cli.of(context)
    sound, seconds = converted(file) if file else (None, None)
    played = announcements.Played(seconds, times, chosen(answer), code, then)
    sequence = announcements.set(cli.truth, cli.who, name, played)
    after = announcements.show(cli.truth, name)
    if sound is not None:
        _keep(cli, after, sound)
    _done(cli, "changed", after, sequence)


@app.command("list")
def list_(
    context: typer.Context,
    domain: Annotated[str | None, typer.Option(help="Only the announcements of this domain.")] = None,
) -> None:
    """List the announcements.

    Example: `carillon announcement list`
    """
    from carillon.provisioning import announcements

    cli = Cli.of(context)
    cli.show([_row(cli, one) for one in announcements.listing(cli.truth, domain)], "Announcements")


@app.command()
def show(context: typer.Context, name: Name) -> None:
    """Show an announcement.

    Example: `carillon announcement show closed`
    """
    from carillon.provisioning import announcements

    cli = Cli.of(context)
    cli.show(_row(cli, announcements.show(cli.truth, name)), "Announcement")


@app.command()
def remove(context: typer.Context, name: Name) -> None:
    """Remove an announcement that nothing leads to.

    Example: `carillon announcement remove closed`
    """
    from carillon.provisioning import announcements
    from carillon.stores.prompts import Prompts

    cli = Cli.of(context)
    old = announcements.show(cli.truth, name)
    sequence = announcements.remove(cli.truth, cli.who, f"{old.name}@{old.domain}")
    Prompts(cli.paths.prompts).remove(old.domain, old.name)
    _done(cli, "removed", old, sequence)


def _keep(cli: Cli, of: Announcement, sound: bytes) -> None:
    from carillon.stores.prompts import Prompts

    try:
        cli.paths.prompts.mkdir(mode=0o750, parents=True, exist_ok=True)
        Prompts(cli.paths.prompts).keep(of.domain, of.name, sound)
    except OSError as error:
        raise Refused(
            "file",
            f"the announcement is kept, its sound isn't ({error}); run `announcement set {of.name} --file` as root.",
        ) from error


def _done(cli: Cli, done: str, of: Announcement, sequence: int) -> None:
    cli.done(f"Announcement {of.name}@{of.domain} ({of.seconds:.1f} s) {done}.", _row(cli, of), sequence)


def _row(cli: Cli, of: Announcement) -> dict[str, object]:
    return {
        "name": of.name,
        "domain": of.domain,
        "seconds": round(of.seconds, 1),
        "times": of.times,
        "answer": of.answer,
        "code": None if of.answer else of.code,
        "then": str(of.then) if of.then else None,
        "problem": _problem(cli, of),
    }


def _problem(cli: Cli, of: Announcement) -> str:
    """What is wrong with its sound; nobody knows but root and the service user."""
    from carillon.stores.prompts import Prompts

    if not os.access(cli.paths.prompts, os.R_OK | os.X_OK):
        return ""
    said = Prompts(cli.paths.prompts).problem(of.domain, of.name)
    return f"its sound {said}; give it again: announcement set {of.name} --file" if said else ""
