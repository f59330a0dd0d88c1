"""`carillon certificate`: what phones are shown over TLS."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.context import Cli, commands

if TYPE_CHECKING:
    from carillon.confgen.tls.certificate import Certificate

app = commands("The certificate that phones see over TLS.")

CertificateFile = Annotated[
    Path, typer.Option("--certificate", metavar="FILE", help="PEM: the certificate, and its chain after it.")
]
KeyFile = Annotated[Path, typer.Option("--key", metavar="FILE", help="PEM: its private key, without a password.")]


@app.command()
def show(context: typer.Context) -> None:
    """Show whom the certificate is for, who signed it and when it ends. The key is never shown.

    Example: `carillon certificate show`
    """
    from carillon.confgen.tls import renewing
    from carillon.confgen.tls.certificate import summary
    from carillon.supervision.certificate import shown
    from carillon.supervision.prepare import require_root

    require_root()
    cli = Cli.of(context)
    found = shown(cli.paths)
    of_node = renewing.read(cli.paths.cluster)
    if cli.json:
        cli.show({**summary(found), "for_nodes_until": of_node.ends.isoformat() if of_node else None}, "Certificate")
        return
    row = _row(found)
    if of_node:
        row["for other nodes until"] = f"{_until(of_node)}; it is renewed by itself"
    cli.show(row, "Certificate")


@app.command("import")
def import_(context: typer.Context, certificate: CertificateFile, key: KeyFile) -> None:
    """Use this certificate from now on: for new connections at once, without dropping calls or connections.

    Example: `carillon certificate import --certificate chain.pem --key key.pem`
    """
    from carillon.confgen.tls.certificate import summary
    from carillon.provisioning import domains
    from carillon.provisioning.system import load_node
    from carillon.supervision.certificate import import_pair
    from carillon.supervision.prepare import require_root

    require_root()
    cli = Cli.of(context)
    names = [view.domain.name for view in domains.listing(cli.truth)]
    done = import_pair(cli.paths, load_node(cli.paths), names, certificate, key)
    for warning in done.warnings:
        typer.echo(warning, err=True)
    if cli.json:
        cli.show({**summary(done.certificate), "warnings": list(done.warnings), "in_force": done.in_force}, "")
        return
    found = done.certificate
    typer.echo(f"Certificate for {', '.join(found.names)} imported; it ends on {found.ends:%Y-%m-%d}.")
    typer.echo(
        "In force now, for new connections."
        if done.in_force
        else "Not in force yet: it will be when the system starts."
    )


def _row(found: Certificate) -> dict[str, object]:
    return {
        "for": ", ".join(found.names),
        "subject": found.subject,
        "signed by": "itself" if found.issuer == found.subject else found.issuer,
        "from": f"{found.begins:%Y-%m-%d %H:%M} UTC",
        "until": _until(found),
        "problem": found.problem(datetime.now(UTC)),
    }


def _until(found: Certificate) -> str:
    return f"{found.ends:%Y-%m-%d %H:%M} UTC ({found.days_left(datetime.now(UTC))} days)"
