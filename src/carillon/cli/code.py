"""`carillon code`: what people dial to ask for something."""

from __future__ import annotations

import typer

from carillon.cli.context import Cli, commands

app = commands("Feature codes: what people dial before a number, or instead of one.")


@app.callback()
def nouns() -> None:
    """Feature codes: what people dial before a number, or instead of one."""


@app.command("list")
def list_(context: typer.Context) -> None:
    """List the feature codes.

    Example: `carillon code list`
    """
    from carillon.routing.codes import CODES

    rows = [{"code": one.code, "dial": one.written, "feature": str(one.feature), "means": one.means} for one in CODES]
    Cli.of(context).show(rows, "Feature codes")
