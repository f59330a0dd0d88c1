"""`carillon dns`: what name servers should say of our domains, whether they do, and answering it ourselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands
from carillon.model.zone import NAMESERVER_PORT

if TYPE_CHECKING:
    from carillon.model.zone import NodeShare, Zone

app = commands("The DNS: how phones that know only a domain find its nodes (NAPTR, SRV).")
serve_app = commands("Answer DNS for all domains on this node, where nobody else does.")
app.add_typer(serve_app, name="serve")

Domain = Annotated[str | None, typer.Argument(metavar="DOMAIN", help="Only this domain; all when left out.")]
Server = Annotated[
    str | None, typer.Option(metavar="ADDRESS[:PORT]", help="Ask this name server, not those of this machine.")
]
NodeName = Annotated[str, typer.Argument(metavar="NODE", help="Name of the node; `carillon dns list` lists them.")]
Priority = Annotated[int | None, typer.Option(help="The lowest is tried first; the others when it fails.")]
Weight = Annotated[int | None, typer.Option(help="Its share of the calls among nodes of the same priority.")]
Listen = Annotated[
    list[str] | None,
    typer.Option("--address", metavar="IP", help="Where it listens; the node's addresses if left out."),
]
Port = Annotated[int, typer.Option(help="Its port; others than 53 are found by nobody who isn't told.")]


@app.command()
def show(context: typer.Context, domain: Domain = None) -> None:
    """Print the records of the domains, as zone files write them, to be pasted into those of your name server.

    Example: `carillon dns show example.org`
    """
    from carillon.provisioning import nameservice

    cli = Cli.of(context)
    zones = nameservice.zones(cli.truth, domain)
    if cli.json:
        cli.show([row for zone in zones for row in _rows(zone)], "Records")
        return
    for zone in zones:
        typer.echo(_pasted(zone), nl=False)


@app.command()
def check(context: typer.Context, domain: Domain = None, server: Server = None) -> None:
    """Ask the DNS, and say which record is missing, different or stale. Exit status 1 when one is.

    Example: `carillon dns check example.org`
    """
    from carillon.model.refused import Refused
    from carillon.provisioning import nameservice
    from carillon.zones.checking import check as findings
    from carillon.zones.resolving import RealDns

    cli, dns = Cli.of(context), RealDns(server)
    found = [one for zone in nameservice.zones(cli.truth, domain) for one in findings(zone, dns)]
    rows = [{"name": one.name, "type": one.type, "state": str(one.verdict), "what": one.words} for one in found]
    cli.show(rows, "DNS")
    for warning in _certificate_warnings(cli, domain):
        typer.echo(warning, err=True)
    if wrong := [one for one in found if not one.good]:
        first, more = wrong[0], f" And {len(wrong) - 1} more." if len(wrong) > 1 else ""
        raise Refused(first.name, f"{first.type} {first.verdict}: {first.words.removesuffix('.')}.{more}")


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the nodes, how they share calls, and which of them are name servers.

    Example: `carillon dns list`
    """
    from carillon.provisioning import nameservice

    cli = Cli.of(context)
    cli.show([_share(one) for one in nameservice.shares(cli.truth)], "Nodes in the DNS")


@app.command("set")
def set_(context: typer.Context, node: NodeName, priority: Priority = None, weight: Weight = None) -> None:
    """Change how a node stands in the SRV records of all domains.

    Example: `carillon dns set node2 --priority 2`
    """
    from carillon.provisioning import nameservice

    if priority is None and weight is None:
        raise typer.BadParameter("Nothing to change: give --priority or --weight.")
    cli = Cli.of(context)
    sequence = nameservice.set(cli.truth, cli.who, node, priority, weight)
    now = next(one for one in nameservice.shares(cli.truth) if one.node == node)
    cli.done(f"Node {node} changed.", _share(now), sequence)


@serve_app.command("on")
def serve_on(context: typer.Context, address: Listen = None, port: Port = NAMESERVER_PORT) -> None:
    """Answer DNS for all domains on this node. Whoever reaches the address may ask; it answers for nothing else.

    Example: `carillon dns serve on --address 192.0.2.10`
    """
    from carillon.provisioning import nameservice
    from carillon.provisioning.system import load_node
    from carillon.supervision.nameserver import require_switched, require_usable
    from carillon.supervision.prepare import require_root

    require_root()
    cli = Cli.of(context)
    node = load_node(cli.paths)
    listen = tuple(dict.fromkeys(address or node.addresses))
    require_usable(nameservice.service(cli.truth, node.name), listen, port)
    sequence = nameservice.serve(cli.truth, cli.who, node.name, listen, port)
    names = ", ".join(zone.domain for zone in nameservice.zones(cli.truth))
    place = ", ".join(listen)
    row = {"node": node.name, "listen": list(listen), "port": port}
    cli.done(f"{node.name} answers DNS for {names} on {place}, port {port}.", row, sequence)
    require_switched(cli.paths, node)


@serve_app.command("off")
def serve_off(context: typer.Context) -> None:
    """Answer no DNS on this node any more. Others remember where the domains were asked for until their records end.

    Example: `carillon dns serve off`
    """
    from carillon.provisioning import nameservice
    from carillon.provisioning.system import load_node
    from carillon.supervision.nameserver import require_switched
    from carillon.supervision.prepare import require_root

    require_root()
    cli = Cli.of(context)
    node = load_node(cli.paths)
    sequence = nameservice.serve(cli.truth, cli.who, node.name, ())
    cli.done(f"{node.name} is no name server.", {"node": node.name, "listen": []}, sequence)
    require_switched(cli.paths, node)


def _share(of: NodeShare) -> dict[str, object]:
    return {
        "node": of.node,
        "priority": of.priority,
        "weight": of.weight,
        "name_server": list(of.listen),
        "port": of.port if of.listen else None,
    }


def _rows(zone: Zone) -> list[dict[str, object]]:
    from carillon.zones.records import TTL_S, delegation, own_addresses, records

    parts = (("phones", records(zone)), ("no SRV", own_addresses(zone)), ("zone above", delegation(zone)))
    return [
        {"domain": zone.domain, "for": part, "name": one.name, "ttl": TTL_S, "type": one.type, "data": one.data}
        for part, found in parts
        for one in found
    ]


def _pasted(zone: Zone) -> str:
    from carillon.zones.records import delegation, own_addresses, records
    from carillon.zones.text import written

    text = f"; {zone.domain}: for your own name server\n{written(records(zone))}"
    text += f"; and for phones that know no SRV, unless {zone.domain} leads to a web site\n"
    text += written(own_addresses(zone))
    if zone.name_servers:
        text += f"; or, as this system answers for {zone.domain} itself: only this, in the zone above it\n"
        text += written(delegation(zone))
    return text


def _certificate_warnings(cli: Cli, domain: str | None) -> list[str]:
    """Phones that are led to TLS first may refuse a certificate that isn't for their domain."""
    from carillon.confgen.tls.certificate import read_certificate
    from carillon.model.refused import Refused
    from carillon.provisioning import nameservice

    try:
        certificate = read_certificate((cli.paths.tls / "certificate.pem").read_text())
    except (OSError, Refused):
        return []
    words = "{0}: phones that check certificates are led to TLS first and refuse ours, which is {1}; "
    words += "`carillon certificate import` brings another, `carillon domain set {0} --naptr tcp,udp` leads elsewhere."
    return [
        words.format(zone.domain, "signed by itself" if certificate.subject == certificate.issuer else "not for it")
        for zone in nameservice.zones(cli.truth, domain)
        if zone.naptr[:1] == ("tls",)
        and (certificate.subject == certificate.issuer or not certificate.covers(zone.domain))
    ]
