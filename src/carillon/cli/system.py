"""The commands about a whole system: create, up, down, status, log, and the demo."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import carillon
from carillon.cli.choices import YesNo
from carillon.cli.context import Cli, commands
from carillon.model.node import SIP_PORT
from carillon.system.paths import SystemPaths

if TYPE_CHECKING:
    from carillon.confgen.system import System
    from carillon.supervision.status import Status

COMMAND = Path(carillon.__file__).resolve().parents[2] / "bin" / "carillon"

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty directory for the system.")]
Domain = Annotated[str, typer.Option(help="Its SIP domain, such as example.org.")]
Address = Annotated[str, typer.Option(help="The address of this machine that phones reach.")]
Address6 = Annotated[str | None, typer.Option(help="Its IPv6 address, beside an IPv4 --address.")]
Advertise = Annotated[str | None, typer.Option(help="The address that phones beyond a NAT see instead.")]
Country = Annotated[str, typer.Option(help="Country of the node, ISO 3166-1: how numbers are written.")]
Port = Annotated[int, typer.Option(help="SIP port for UDP and TCP; TLS gets the next one.")]
Foreground = Annotated[bool, typer.Option("--foreground", help="Stay, and stop the system at the end.")]
PrintUnit = Annotated[bool, typer.Option("--print-unit", help="Only print a systemd unit that does it at boot.")]
Component = Annotated[str | None, typer.Argument(help="redis, asterisk, kamailio or supervisor; all when left out.")]
Provider = Annotated[YesNo, typer.Option(help="Whether to run the demo's own provider; no leaves its port free.")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")]

demo_commands = commands("The demo system of this checkout.")


def register(app: typer.Typer) -> None:
    """Add the commands of a whole system to the root."""
    for command in (create, up, down, status, log):
        app.command()(command)
    app.add_typer(demo_commands, name="demo")


def create(
    context: typer.Context,
    directory: Directory,
    domain: Domain,
    address: Address,
    advertise: Advertise = None,
    country: Country = "BE",
    sip_port: Port = SIP_PORT,
    address6: Address6 = None,
) -> None:
    """Make a system of your own in a directory; `carillon --dir DIR up` starts it.

    Example: `carillon create /srv/phones --domain example.org --address 192.0.2.10`
    """
    from dataclasses import asdict

    from carillon.provisioning.system import create_system
    from carillon.supervision.place import address_warning, require_place

    require_place(directory, SystemPaths.of(directory).database.name)
    node = create_system(
        directory, domain, address, advertise=advertise, country=country, sip_port=sip_port, address6=address6
    )
    cli, place = Cli.of(context), SystemPaths.of(directory).directory
    for one in node.addresses:
        if warning := address_warning(one):
            typer.echo(warning, err=True)
    if cli.json:
        cli.show({"directory": str(place), **asdict(node)}, "System")
    else:
        typer.echo(f"A system for {node.default_domain} is in {place}.")
        typer.echo(f"Start it with: {COMMAND} --dir {place} up")


def up(context: typer.Context, foreground: Foreground = False, print_unit: PrintUnit = False) -> None:
    """Start the system, and wait until every component is healthy.

    Example: `carillon --dir /srv/phones up`
    """
    from carillon.supervision.foreground import live
    from carillon.supervision.owndatabase import at_hand
    from carillon.supervision.unit import unit_text

    cli = Cli.of(context)
    if print_unit:
        typer.echo(unit_text(COMMAND, cli.paths.directory), nl=False)
    elif foreground:
        with at_hand(cli.paths):
            _say_when_migrated(cli)
        live(cli.paths, lambda system: _say_up(cli, system), quiet=cli.json)
    else:
        _up_in_background(cli)


def down(context: typer.Context) -> None:
    """Stop the system: when this ends, nothing of it runs any more.

    Example: `carillon --dir /srv/phones down`
    """
    from carillon.supervision.prepare import require_root
    from carillon.supervision.stop import stop

    require_root()
    cli = Cli.of(context)
    stopped = stop(cli.paths)
    if cli.json:
        cli.show({"stopped": stopped}, "Down")
    else:
        typer.echo("Stopped." if stopped else "It wasn't running.")


def status(context: typer.Context) -> None:
    """Tell how each component is. Exit status 0 also when one is ill: read `healthy`.

    Example: `carillon status --json`
    """
    from carillon.provisioning.system import load_node
    from carillon.supervision.prepare import require_root
    from carillon.supervision.status import status as ask

    require_root()
    cli = Cli.of(context)
    _show_status(cli, ask(cli.paths, load_node(cli.paths)))


def log(context: typer.Context, component: Component = None, follow: Follow = False) -> None:
    """Show what the components logged.

    Example: `carillon log kamailio --follow`
    """
    from carillon.supervision import logs
    from carillon.supervision.prepare import require_root

    require_root()
    cli = Cli.of(context)
    files = logs.log_files(cli.paths, component)
    if follow:
        logs.follow(files)
    lines = list(logs.last_lines(files))
    if cli.json:
        cli.show([{"component": name, "line": line} for name, line in lines], "Log")
    else:
        typer.echo("\n".join(f"{name:10} {line}" if len(files) > 1 else line for name, line in lines))


@demo_commands.command()
def run(context: typer.Context, provider: Provider = YesNo.YES) -> None:
    """Make the demo when it is missing, and run it until Ctrl-C or `make stop`.

    Example: `carillon demo run`
    """
    from rich.console import Console

    from carillon.provisioning.system import load_node
    from carillon.supervision import demo
    from carillon.supervision.demoprovider.running import running
    from carillon.supervision.foreground import live
    from carillon.supervision.prepare import require_root

    require_root()
    paths = Cli.of(context).paths
    if paths.exists:
        _say_when_migrated(Cli.of(context))
    demo.ensure_demo(paths)

    def welcome(_: System) -> None:
        if words := complaint():
            typer.echo(words, err=True)
        credentials = demo.credentials(paths)
        nearest = min(str(COMMAND), os.path.relpath(COMMAND), key=len)
        Console(highlight=False).print(demo.welcome(paths, credentials, nearest))
        demo.write_credentials(paths, credentials)

    with running(paths, load_node(paths)) if provider is YesNo.YES else nullcontext(lambda: "") as complaint:
        live(paths, welcome)


def _up_in_background(cli: Cli) -> None:
    from carillon.supervision.owndatabase import at_hand
    from carillon.supervision.progress import Progress
    from carillon.supervision.start import await_healthy, prepare, start_supervisor

    with Progress(quiet=cli.json) as progress:
        progress.step("preparing the system …")
        with at_hand(cli.paths):
            _say_when_migrated(cli)
            system = prepare(cli.paths)
        start_supervisor(system)
        await_healthy(system.paths, system.node, progress.report)
    _say_up(cli, system)


def _say_when_migrated(cli: Cli) -> None:
    """Open the truth before anything else does: this one says that an older one was copied and migrated.

    A node starts without it, too.
    """
    from carillon.stores.sql.engine import AtMains, DatabaseAway

    try:
        assert cli.truth is not None
    except AtMains:
        return
    except DatabaseAway as away:
        typer.echo(f"{away}\nThis node starts with what it last knew.", err=True)


def _say_up(cli: Cli, system: System) -> None:
    from carillon.supervision.status import status as ask

    node = system.node
    if cli.json:
        _show_status(cli, ask(system.paths, node))
    else:
        ports = f"SIP on UDP and TCP {node.sip_port}, TLS {node.tls_port}"
        typer.echo(f"{node.default_domain} is up on {' and '.join(node.addresses)}: {ports}.")


def _show_status(cli: Cli, now: Status) -> None:
    from dataclasses import asdict

    if cli.json:
        typer.echo(json.dumps(now.as_json(), indent=2))
    else:
        rows = [
            {
                "component": one.name,
                "healthy": "yes" if one.healthy else "NO",
                "pid": one.pid or "",
                "version": one.version or "",
                "up": "" if one.uptime_s is None else f"{one.uptime_s} s",
                "problem": one.problem,
            }
            for one in now.components
        ]
        cli.show(rows, "Healthy" if now.healthy else "Not healthy")
        if now.disks:
            shown = [{"place": one.place, "free MB": one.free_mb, "problem": one.problem} for one in now.disks]
            cli.show(shown, "Disks")
        if now.trunks:
            cli.show([asdict(one) for one in now.trunks], "Trunks")
        if now.sources:
            cli.show([asdict(one) for one in now.sources], "Sources of names")
