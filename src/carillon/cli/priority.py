"""`carillon priority`: which phones of a person ring first, where they don't say so themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands

if TYPE_CHECKING:
    from carillon.model.priority import PriorityRule

app = commands("Priorities: which phones of a person ring first, where they send no q themselves.")

Id = Annotated[int, typer.Argument(metavar="ID", help="Number of the rule, as `priority list` shows it.")]
Before = Annotated[int | None, typer.Option(metavar="ID", help="Put it before this rule; at the end when left out.")]


@app.command()
def add(
    context: typer.Context,
    priority: Annotated[float, typer.Argument(metavar="0..1", help="Phones of 1 ring first, lower ones after them.")],
    agent: Annotated[str, typer.Option(metavar="PATTERN", help='User-Agent, such as "Acrobits*".')] = "",
    transport: Annotated[str, typer.Option(metavar="udp|tcp|tls", help="How they register.")] = "",
    device: Annotated[str, typer.Option(metavar="PATTERN", help='Name of the device, such as "*-mobile".')] = "",
    override: Annotated[bool, typer.Option("--override", help="Count before the q that a phone sends, too.")] = False,
    domain: Annotated[str | None, typer.Option(help="Domain; the default one when left out.")] = None,
    before: Before = None,
) -> None:
    """Say when phones ring that send no q; the first rule that fits counts.

    Example: `carillon priority add 0.5 --device "*-mobile"`
    """
    from carillon.model.priority import PriorityRule
    from carillon.provisioning import priorities

    cli = Cli.of(context)
    place = priorities.place_of(cli.truth, domain)
    typed = PriorityRule(place, priority, agent.strip(), transport.strip().lower(), device.strip(), override)
    _done(cli, "added", *priorities.add(cli.truth, cli.who, typed, before))


@app.command("list")
def list_(
    context: typer.Context,
    domain: Annotated[str | None, typer.Option(help="Only the rules of this domain.")] = None,
) -> None:
    """List the rules in their order.

    Example: `carillon priority list`
    """
    from carillon.provisioning import priorities

    cli = Cli.of(context)
    cli.show([_row(rule) for rule in priorities.listing(cli.truth, domain)], "Priorities")


@app.command()
def move(context: typer.Context, rule: Id, before: Before = None) -> None:
    """Move a rule before another one of its domain, or to the end.

    Example: `carillon priority move 7 --before 3`
    """
    from carillon.provisioning import priorities

    cli = Cli.of(context)
    _done(cli, "moved", *priorities.move(cli.truth, cli.who, rule, before))


@app.command()
def remove(context: typer.Context, rule: Id) -> None:
    """Remove a rule.

    Example: `carillon priority remove 3`
    """
    from carillon.provisioning import priorities

    cli = Cli.of(context)
    _done(cli, "removed", *priorities.remove(cli.truth, cli.who, rule))


def _done(cli: Cli, done: str, rule: PriorityRule, sequence: int) -> None:
    sentence = f"Rule {rule.id} {done}: phones {rule.phones} ring at {rule.priority:g}"
    cli.done(f"{sentence}{', whatever q they send' if rule.override else ''}.", _row(rule), sequence)


def _row(of: PriorityRule) -> dict[str, object]:
    return {
        "id": of.id,
        "domain": of.domain,
        "priority": of.priority,
        "agent": of.agent or None,
        "transport": of.transport or None,
        "device": of.device or None,
        "override": of.override,
    }
