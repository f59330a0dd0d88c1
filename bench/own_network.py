"""A network of our own: no name, no address of the machine's, and gone when the last process in it ends."""

from __future__ import annotations

import os
import subprocess
import sys

_INSIDE = "CARILLON_BENCH_INSIDE"


def enter() -> None:
    """Start this program again in an empty network namespace, with its loopback up; returns inside only.

    Raises SystemExit without root.
    """
    if os.environ.get(_INSIDE) == "yes":
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    if os.geteuid() != 0:
        raise SystemExit("make bench: needs root, for a network of its own; use sudo.")
    os.environ[_INSIDE] = "yes"
    os.execvp("unshare", ["unshare", "--net", "--", sys.executable, "-m", "bench", *sys.argv[1:]])


def add_address(address: str) -> None:
    """Give the loopback of this network one more IPv4 address."""
    subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
