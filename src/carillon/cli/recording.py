"""`carillon recording`: recorded calls, and which calls are recorded."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands
from carillon.cli.recordingplace import Place, index_of
from carillon.cli.siblings import asked
from carillon.model.refused import Refused

if TYPE_CHECKING:
    from carillon.model.recording import Rule
    from carillon.recordings.index import Kept

app = commands("Recorded calls, and rules for which calls are recorded.")
rules = commands("Which calls are recorded.")
app.add_typer(rules, name="rule")

Announce = Annotated[
    str | None,
    typer.Option(
        metavar="tone|announcement:NAME|no",
        help="What both sides hear when the recording begins, and when it goes on after a pause.",
    ),
]
ToneEvery = Annotated[
    int | None, typer.Option(metavar="SECONDS", help="Play both a tone again and again, so far apart; 0 for never.")
]
Id = Annotated[int, typer.Argument(metavar="ID", help="Number of the recording, as `recording list` shows it.")]
At = Annotated[
    str | None, typer.Option("--node", metavar="NAME", help="The node on which it lies; this one when left out.")
]
Domain = Annotated[str | None, typer.Option(help="Only those of this domain.")]


@app.command("list")
def list_(
    context: typer.Context,
    extension: Annotated[str | None, typer.Argument(metavar="EXT", help="Only calls of this extension.")] = None,
    domain: Domain = None,
) -> None:
    """List recordings of all nodes from the newest on; one that was lost says why.

    Each lies on the node where it was made: `--node` names that to show, export and remove.

    Example: `carillon recording list 101`
    """
    from carillon.provisioning.system import load_nodes
    from carillon.siblings.asked import recording_in

    cli = Cli.of(context)
    own, _, named = (extension or "").partition("@")
    node, siblings = load_nodes(cli.paths)
    found = [(node.name, one) for one in index_of(cli).listing(named or domain, own or None)]
    told = asked(cli, siblings, "recordings", recording_in, "recordings", named or domain or "", own)
    found += [(name, one) for name, rows in told.items() for one in rows]
    found.sort(key=lambda each: each[1].began, reverse=True)
    cli.show([{**({"node": name} if siblings else {}), **_row(one)} for name, one in found], "Recordings")


@app.command()
def show(context: typer.Context, recording: Id, node: At = None) -> None:
    """Show a recording, and where its file is.

    Example: `carillon recording show 7 --node ghent`
    """
    cli = Cli.of(context)
    place = Place.of(cli, node)
    found = place.show(recording)
    row = {**_at(place), **_row(found), "key": found.key, "rule": found.rule, "path": place.path(found)}
    cli.show(row, "Recording")


@app.command()
def export(
    context: typer.Context, recording: Id, file: Annotated[Path, typer.Argument(metavar="FILE")], node: At = None
) -> None:
    """Copy a recording to a file (WAV: left the recorded side, right what it heard).

    Example: `carillon recording export 7 call.wav --node ghent`
    """
    cli = Cli.of(context)
    place = Place.of(cli, node)
    found = place.show(recording)
    if not found.file:
        raise Refused("id", f"recording {recording} was lost: {found.why}.")
    if file.exists():
        raise Refused("file", f"{file} is there already; choose another name.")
    place.export(found, file)
    cli.show({**_at(place), "id": found.id, "file": str(file)}, "Exported")


@app.command()
def remove(context: typer.Context, recording: Id, node: At = None) -> None:
    """Remove a recording and its file.

    Example: `carillon recording remove 7`
    """
    cli = Cli.of(context)
    place = Place.of(cli, node)
    cli.show({**_at(place), **_row(place.remove(recording))}, "Removed")


@rules.command("add")
def add_rule(
    context: typer.Context,
    whose: Annotated[
        str, typer.Argument(metavar="WHOSE", help="101, group:sales, trunk:provider, or everybody (of a domain).")
    ],
    calls: Annotated[str, typer.Option(metavar="all|in|out|external|internal", help="Which of their calls.")] = "all",
    required: Annotated[bool, typer.Option("--required", help="Refuse a call that cannot be recorded.")] = False,
    on_demand: Annotated[
        bool, typer.Option("--on-demand", help="Only once the person presses *1 in the call; again, to pause.")
    ] = False,
    pausable: Annotated[
        bool, typer.Option("--pausable", help="Let the person pause and resume it, by *1 in the call.")
    ] = False,
    announce: Announce = None,
    tone_every: ToneEvery = None,
) -> None:
    """Record calls from now on.

    Example: `carillon recording rule add group:sales --calls external --announce tone`;
    `carillon recording rule add 101 --on-demand`
    """
    from carillon.provisioning import recordings

    cli = Cli.of(context)
    announced = recordings.Announced(announce, tone_every)
    flags = {"required": required, "on_demand": on_demand, "pausable": pausable}
    rule, sequence = recordings.add(cli.truth, cli.who, whose, calls, **flags, announced=announced)
    cli.done(f"Rule {rule.id}: {_said(rule)}.", _rule_row(rule), sequence)


@rules.command("set")
def set_rule(
    context: typer.Context,
    rule: Annotated[int, typer.Argument(metavar="ID", help="Number of the rule.")],
    announce: Announce = None,
    tone_every: ToneEvery = None,
) -> None:
    """Change what both sides hear of these recordings.

    Example: `carillon recording rule set 3 --announce tone --tone-every 15`
    """
    from carillon.provisioning import recordings

    if announce is None and tone_every is None:
        raise typer.BadParameter("Nothing to change: see --help.")
    cli = Cli.of(context)
    changed, sequence = recordings.set(cli.truth, cli.who, rule, recordings.Announced(announce, tone_every))
    cli.done(f"Rule {changed.id}: {_said(changed)}.", _rule_row(changed), sequence)


@rules.command("list")
def list_rules(context: typer.Context, domain: Domain = None) -> None:
    """List the rules.

    Example: `carillon recording rule list`
    """
    from carillon.provisioning import recordings

    cli = Cli.of(context)
    cli.show([_rule_row(rule) for rule in recordings.listing(cli.truth, domain)], "Recording rules")


@rules.command("remove")
def remove_rule(
    context: typer.Context, rule: Annotated[int, typer.Argument(metavar="ID", help="Number of the rule.")]
) -> None:
    """Record these calls no more; what was recorded stays.

    Example: `carillon recording rule remove 3`
    """
    from carillon.provisioning import recordings

    cli = Cli.of(context)
    old, sequence = recordings.remove(cli.truth, cli.who, rule)
    cli.done(f"Rule {old.id} ({old.calls} calls of {old.subject}) removed.", _rule_row(old), sequence)


def _at(place: Place) -> dict[str, object]:
    return {"node": place.name} if place.several else {}


def _row(of: Kept) -> dict[str, object]:
    return {
        "id": of.id,
        "domain": of.domain,
        "began": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(of.began)),
        "seconds": of.seconds,
        "direction": of.direction,
        "on_demand": of.on_demand,
        "caller": of.caller,
        "caller_name": of.caller_name,
        "callee": of.callee,
        "callee_name": of.callee_name,
        "state": of.state,
        "why": of.why or None,
        "announced": of.announced or None,
    }


def _said(of: Rule) -> str:
    """What a rule does, for people."""
    when = " when the person presses *1" if of.on_demand else ""
    announced = f", announced by {'a tone' if of.announce == 'tone' else of.announce}" if of.announce else ""
    again = f" and a tone every {of.tone_every_s} s" if of.tone_every_s else ""
    return f"{of.calls} calls of {of.subject} are recorded{when}{announced}{again}"


def _rule_row(of: Rule) -> dict[str, object]:
    return {
        "id": of.id,
        "domain": of.domain,
        "whose": of.subject,
        "calls": str(of.calls),
        "required": of.required,
        "on_demand": of.on_demand,
        "pausable": of.pausable or of.on_demand,
        "announced": of.announce or None,
        "tone_every_s": of.tone_every_s or None,
    }
