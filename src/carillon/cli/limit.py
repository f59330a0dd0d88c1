"""`carillon limit`: which limits of calls there are, and how many calls count under each now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from carillon.cli.context import Cli, commands

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from carillon.stores.ports import Limit

app = commands("How many calls at once there may be, and how many there are.")


@app.callback()
def nouns() -> None:
    """How many calls at once there may be, and how many there are."""


@app.command("list")
def list_(context: typer.Context) -> None:
    """List all limits with the calls that count under each now; `set --most-calls` of each noun changes them.

    Example: `carillon limit list`
    """
    from carillon.explain.live import calls_now
    from carillon.routing.facts import UNKNOWN

    cli = Cli.of(context)
    limits = _limits(cli.truth)
    counts = calls_now(cli.paths, limits)
    rows = [
        {
            "scope": str(limit.scope),
            "name": limit.name,
            "calls": None if counts is UNKNOWN else counts[limit],
            "most_calls": limit.most,
        }
        for limit in limits
    ]
    cli.show(rows, "Limits of calls at once")


def _limits(truth: Engine) -> list[Limit]:
    from carillon.provisioning import domains, groups, trunks, users
    from carillon.stores.ports import Limit, Scope

    found = [
        *((Scope.DOMAIN, view.domain.name, view.domain.most_calls) for view in domains.listing(truth)),
        *((Scope.TRUNK, f"{v.trunk.name}@{v.trunk.domain}", v.trunk.most_calls) for v in trunks.listing(truth)),
        *((Scope.GROUP, f"{group.name}@{group.domain}", group.most_calls) for group in groups.listing(truth)),
        *((Scope.USER, f"{user.extension}@{user.domain}", user.most_calls) for user in users.listing(truth)),
    ]
    return [Limit(scope, name, most) for scope, name, most in found if most is not None]
