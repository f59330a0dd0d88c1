"""`carillon backup` and `carillon restore`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carillon.cli.bar import bar
from carillon.cli.context import Cli

if TYPE_CHECKING:
    from carillon.supervision.archive import Manifest

New = Annotated[Path, typer.Argument(metavar="FILE", help="A new file, tar.gz; it holds keys: keep it safe.")]
Old = Annotated[Path, typer.Argument(metavar="FILE", help="A file that `carillon backup` made.")]


def register(app: typer.Typer) -> None:
    """Add both commands to the root."""
    app.command()(backup)
    app.command()(restore)


def backup(context: typer.Context, file: New) -> None:
    """Copy the whole system into one file (mode 0600), while it runs: people, numbers, keys, registrations.

    Logs, traces and the generated configurations of the past are not in it.

    Example: `carillon backup /srv/phones.tar.gz`
    """
    from carillon.supervision.backup import back_up
    from carillon.supervision.prepare import require_root

    require_root()
    cli = Cli.of(context)
    assert cli.truth is not None  # says so when it had to be migrated
    with bar(cli, "Packing") as told:
        manifest = back_up(cli.paths, file, told)
    length = file.stat().st_size
    if cli.json:
        cli.show({"file": str(file), "bytes": length, **_row(manifest)}, "")
    else:
        typer.echo(
            f"{manifest.domain} is backed up in {file} ({max(1, length // 1000)} kB). It holds keys: keep it safe."
        )


def restore(context: typer.Context, file: Old) -> None:
    """Make the same system again, in the new or empty directory that `--dir` names; it isn't started.

    Example: `carillon --dir /srv/phones restore /srv/phones.tar.gz`
    """
    from carillon.provisioning.system import load_node
    from carillon.supervision.place import address_warning
    from carillon.supervision.prepare import require_root
    from carillon.supervision.restore import restore as unpack

    require_root()
    cli = Cli.of(context)
    with bar(cli, "Unpacking") as told:
        manifest = unpack(cli.paths, file, told)
    if warning := address_warning(load_node(cli.paths).address):
        typer.echo(warning, err=True)
    if cli.json:
        cli.show({"directory": str(cli.paths.directory), **_row(manifest)}, "")
        return
    typer.echo(f"{manifest.domain} as of {manifest.made_at} is in {cli.paths.directory}.")
    typer.echo(f"Start it with: carillon --dir {cli.paths.directory} up")


def _row(manifest: Manifest) -> dict[str, object]:
    return {
        "domain": manifest.domain,
        "made_at": manifest.made_at,
        "version": manifest.version,
        "files": sorted(manifest.parts),
    }
