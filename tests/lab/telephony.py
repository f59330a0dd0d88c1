"""The telephone network at the end of a branch's line: it answers every number, and whoever calls hears himself."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.network import Network

from carillon.supervision.demoprovider.configuration import Context, command, files


@contextmanager
def telephone_network(network: Network, host: str, customer: str, run: Path) -> Iterator[None]:
    """While the block lasts it runs on a host, on port 5060, for the customer at an address; `run` is its directory."""
    context = Context(run, customer, 5060, network.address(host), 5060)
    for directory in (run, run / "spool", run / "log"):
        directory.mkdir()
    for name, text in files(context).items():
        (run / name).write_text(text)
    with (run / "output").open("wb") as log:
        running = network.run(host, command(context), stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        running.kill()
        running.wait()
