"""`carillon change`: who changed what, when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands

if TYPE_CHECKING:
    from carillon.model.change import Change

EMPTY = "''"

app = commands("Who changed what, when. Passwords are never part of it.")


@app.command("list")
def list_(
    context: typer.Context,
    newest: Annotated[int, typer.Option(min=1, help="How many.")] = 100,
    noun: Annotated[str | None, typer.Option(help="Only changes of this kind of thing, such as user.")] = None,
) -> None:
    """List the newest changes, oldest first.

    Example: `carillon change list --newest 20`
    """
    from carillon.provisioning import changes

    cli = Cli.of(context)
    found = changes.listing(cli.truth, newest, noun)
    cli.show([_whole(change) if cli.json else _line(change) for change in found], "Changes")


def _whole(change: Change) -> dict[str, object]:
    return {
        "sequence": change.sequence,
        "at": change.at,
        "who": change.who,
        "noun": str(change.subject.noun),
        "key": change.subject.key,
        "domain": change.subject.domain,
        "change": change.kind,
        "before": change.before,
        "after": change.after,
    }


def _line(change: Change) -> dict[str, object]:
    return {
        "sequence": change.sequence,
        "at": change.at[:19].replace("T", " "),
        "who": change.who,
        "what": f"{change.subject.noun} {change.subject} {change.kind}",
        "how": "; ".join(_differences(change)),
    }


def _differences(change: Change) -> list[str]:
    before, after = change.before or {}, change.after or {}
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if change.kind == "changed":
        return [f"{name}: {before.get(name) or EMPTY} → {after.get(name) or EMPTY}" for name in names]
    return [f"{name}: {(after or before).get(name)}" for name in names]
