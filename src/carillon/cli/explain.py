"""`carillon explain`: what would happen to a call, rule by rule, and why."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands

if TYPE_CHECKING:
    from carillon.explain.call import Explanation
    from carillon.routing.decision import Decision, TraceRow

app = commands("What would happen, and why.")


class YesNo(StrEnum):
    """An answer that overrides what the system finds."""

    YES = "yes"
    NO = "no"


Caller = Annotated[str | None, typer.Option("--from", metavar="EXT", help="Who calls.")]
ByTrunk = Annotated[str | None, typer.Option("--from-trunk", metavar="NAME", help="The trunk by which it comes in.")]
Called = Annotated[str, typer.Option("--to", metavar="NUMBER", help="What is dialled.")]
Registered = Annotated[YesNo | None, typer.Option(help="As if a phone of the called person were registered, or not.")]


@app.callback()
def nouns() -> None:
    """What would happen, and why."""


@app.command()
def call(
    context: typer.Context,
    called: Called,
    caller: Caller = None,
    by_trunk: ByTrunk = None,
    registered: Registered = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="As if it were then: 17:30, or 2026-12-24T17:30.")
    ] = None,
    presence: Annotated[
        str | None, typer.Option(metavar="STATE", help="As if that were said of the called person; dnd too.")
    ] = None,
    number: Annotated[
        str | None, typer.Option("--caller", metavar="NUMBER", help="Who the trunk says calls; withheld without it.")
    ] = None,
    name: Annotated[str | None, typer.Option("--caller-name", metavar="NAME", help="By which name.")] = None,
    busy: Annotated[bool, typer.Option("--busy", help="As if the called person were in a call.")] = False,
    rings_at: Annotated[
        str | None, typer.Option("--ringing", metavar="EXT", help="As if a call rang there, for pick-up.")
    ] = None,
    calls_up: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="As if the called person had so many calls.")
    ] = None,
) -> None:
    """Run a call through the same rules as the engines, without ringing anybody.

    Example: `carillon explain call --from 101 --to 102 --presence vacation --at 2026-12-24T17:30`
    """
    from carillon.explain.asked import Asked, situation_of
    from carillon.explain.call import explain
    from carillon.explain.live import caller_of, directory_of, missing, profile_of
    from carillon.model.presence import state_typed

    if presence is not None:
        state_typed(presence)
    cli = Cli.of(context)
    when = time.time() if at is None else _time(cli, at)
    is_there = None if registered is None else registered is YesNo.YES
    asked = Asked(called, when, by_trunk, is_there, presence, number, name, busy, rings_at, calls_up)
    with directory_of(cli.paths, cli.truth) as directory:
        who = caller_of(cli.truth, directory, caller, by_trunk)
        explanation = explain(situation_of(asked, who, cli.paths, directory), profile_of(cli.paths), directory)
    _show(cli, explanation, missing(cli.paths))


@app.command()
def registration(
    context: typer.Context,
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="Name of the device.")],
    agent: Annotated[str, typer.Option(metavar="TEXT", help="What it calls itself, its User-Agent.")] = "",
    transport: Annotated[str, typer.Option(metavar="udp|tcp|tls", help="How it registers.")] = "udp",
    q: Annotated[str, typer.Option("--q", metavar="0..1", help="The q that it sends; none when left out.")] = "",
) -> None:
    """Run a registration through the same rules as the engines: when would this phone ring, and why?

    Example: `carillon explain registration bob-mobile --agent "Acrobits Softphone/8.2" --transport tls`
    """
    from carillon.explain.live import account_of_device, directory_of, profile_of
    from carillon.explain.registration import Phone, explain, words

    cli = Cli.of(context)
    phone = Phone(agent, transport.strip().lower(), q.strip())
    with directory_of(cli.paths, cli.truth) as directory:
        account = account_of_device(cli.truth, directory, device)
        decision = explain(account, phone, time.time(), profile_of(cli.paths), directory)
    trace = [_trace_row("register", row) for row in decision.trace]
    outcome = words(decision, phone)
    if cli.json:
        cli.show({"outcome": outcome, "trace": trace}, "")
        return
    cli.show(trace, "Rules")
    typer.echo(f"Outcome: {outcome}.")


def _time(cli: Cli, typed: str) -> float:
    """The time that somebody typed, in that of the node's country."""
    from carillon.provisioning.presences import until_typed
    from carillon.provisioning.system import load_node
    from carillon.provisioning.timezones import country_timezone

    return until_typed(typed, time.time(), country_timezone(load_node(cli.paths).country), "at")


def _show(cli: Cli, explanation: Explanation, missing: str) -> None:
    trace = [_trace_row(leg, row) for leg, decision in explanation.legs for row in decision.trace]
    if cli.json:
        legs = [_leg(leg, decision) for leg, decision in explanation.legs]
        said = {"outcome": explanation.outcome, "trace": trace, "legs": legs, "then": explanation.then}
        cli.show({**said, "missing": missing}, "")
        return
    cli.show(trace, "Rules")
    typer.echo(f"Outcome: {explanation.outcome}.")
    for cause, end in explanation.then.items():
        typer.echo(f"  {cause + ':':12} {end}")
    if missing:
        typer.echo(f"{missing}.")


def _trace_row(leg: str, row: TraceRow) -> dict[str, object]:
    return {"leg": leg, "rule": row.rule.replace("_", " "), "verdict": row.verdict, "fact": row.fact}


def _leg(leg: str, decision: Decision) -> dict[str, object]:
    outcome = type(decision.outcome).__name__
    return {"leg": leg, "outcome": outcome, "effects": [str(effect) for effect in decision.effects]}
