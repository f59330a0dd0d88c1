"""A systemd unit for a system of one's own."""

from __future__ import annotations

from pathlib import Path


def unit_text(command: Path, directory: Path) -> str:
    """The unit file that starts the system in `directory` at boot with this `command` (bin/carillon)."""
    run = f"{_quoted(command)} --dir {_quoted(directory)}"
    return f"""\
# systemd unit of the Carillon system in {directory}.
# Put it into /etc/systemd/system/carillon.service, then: systemctl enable --now carillon
[Unit]
Description=Carillon telephone system
After=network-online.target
Wants=network-online.target

[Service]
Type=exec
ExecStart={run} up --foreground
KillMode=mixed
TimeoutStopSec=30
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
"""


def _quoted(path: Path) -> str:
    """A word of a command line in a unit, where `%` and `$` mean something."""
    text = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{text}"'
