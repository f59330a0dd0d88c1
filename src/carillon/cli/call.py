"""`carillon call`: the calls that are up, and ending one."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from carillon.cli.callid import TakesCallId
from carillon.cli.context import Cli, commands
from carillon.cli.siblings import asked
from carillon.cli.trace import hear_the_collector
from carillon.model.refused import Refused

if TYPE_CHECKING:
    from carillon.calls.here import Calls
    from carillon.calls.listing import LiveCall
    from carillon.model.node import Node

app = commands("Calls that are up.")

Answer = TypeVar("Answer")
GATEWAY = "asterisk"

Name = Annotated[str, typer.Argument(metavar="ID", help="Short id of the call, or one of its Call-IDs.")]


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the calls that are up at all nodes, oldest first.

    Example: `carillon call list`
    """
    from carillon.provisioning.system import load_nodes
    from carillon.siblings.asked import call_in

    cli = Cli.of(context)
    node, siblings = load_nodes(cli.paths)
    calls = [
        (node, call)
        for call in _here(cli, node, siblings, lambda here: here.live_calls(), "its calls are missing here.") or ()
    ]
    hear_the_collector(cli)
    told = asked(cli, siblings, "calls", call_in, "calls")
    calls += [(one, call) for one in siblings for call in told.get(one.name, ())]
    calls.sort(key=lambda each: (each[1].since, each[1].id))
    cli.show([_row(cli, at, call) for at, call in calls], "Calls")


@app.command(cls=TakesCallId)
def hangup(context: typer.Context, name: Name) -> None:
    """End a call for everybody in it.

    Example: `carillon call hangup k3v9ax`
    """
    from carillon.provisioning.system import load_nodes
    from carillon.siblings.asked import call_in

    cli = Cli.of(context)
    node, siblings = load_nodes(cli.paths)
    call = _here(cli, node, siblings, lambda here: here.hang_up(name), "its calls can't be ended now.")
    if call is None:
        ended = [call for told in asked(cli, siblings, "calls", call_in, "hang up", name).values() for call in told]
        if not ended:
            raise Refused("id", f"no call {name} is up; `carillon call list` shows those that are.")
        call = ended[0]
    if cli.json:
        cli.show({"id": call.id, "ended": True}, "")
    else:
        typer.echo(f"Call {call.id} from {call.caller} to {call.called} ended.")


def _here(
    cli: Cli, node: Node, siblings: Sequence[Node], ask: Callable[[Calls], Answer], otherwise: str
) -> Answer | None:
    """What this node's Asterisk says; while that is away, others are asked all the same, and it is said.

    Raises `Refused` where there are no others.
    """
    try:
        with gateway(cli, node) as here:
            return ask(here)
    except Refused as refused:
        if not siblings or refused.field != GATEWAY:
            raise
        typer.echo(f"Node {node.name} (this one): {refused.sentence.rstrip('.')}: {otherwise}", err=True)
        return None


@contextmanager
def gateway(cli: Cli, node: Node) -> Iterator[Calls]:
    """What has this node's calls. Raises `Refused` when it doesn't answer."""
    from carillon.calls.ami import NoAnswer
    from carillon.calls.here import calls_here
    from carillon.confgen.asterisk.manager import MANAGER_USER, door
    from carillon.supervision.prepare import require_root

    require_root()
    own = door(node, MANAGER_USER, cli.paths)
    try:
        with calls_here(own, cli.paths.kamailio_rpc) as here:
            yield here
    except NoAnswer as error:
        raise Refused(GATEWAY, f"{error}; `carillon status` tells how it is.") from error


def _row(cli: Cli, node: Node, call: LiveCall) -> dict[str, object]:
    return {
        "id": call.id,
        "from": _short(call.caller, node),
        "to": _short(call.called, node),
        "state": call.state,
        "since": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(call.since)),
        "gateway": f"{node.gateway_address}:{node.gateway_port}",
        "node": node.name,
        "call_ids": list(call.call_ids),
        "dialled": _dialled(cli, call),
    }


def _short(aor: str, node: Node) -> str:
    return aor.removesuffix(f"@{node.default_domain}")


def _dialled(cli: Cli, call: LiveCall) -> str | None:
    """What the caller's phone sent, or who transferred him, as the collector remembers it."""
    from carillon.collector.search import call_of
    from carillon.confgen.collector import store_path

    try:
        rows = call_of(store_path(cli.paths), call.id)
    except sqlite3.Error:
        return None
    asked = (row for row in rows if row.route in {"inbound", "transfer"} and row.leg == call.leg)
    return next((row.called.partition("@")[0] for row in asked), None)
