"""The unit files that we write are ones that systemd takes without a word."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.supervision.test_members import ANTWERP, BRUGES, GHENT

from carillon.confgen.tls.authority import ensure_authority, issue_for
from carillon.supervision.unit import unit_text
from carillon.supervision.witnesses import script

pytestmark = pytest.mark.engines

COMMAND = Path(__file__).parents[2] / "bin" / "carillon"


def objections(unit: Path) -> list[str]:
    """What systemd says of a unit file, and of no other."""
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    return [line for line in done.stderr.splitlines() if unit.name in line]


def test_systemd_takes_the_unit_of_a_system(tmp_path: Path) -> None:
    unit = tmp_path / "carillon.service"
    unit.write_text(unit_text(COMMAND, Path("/srv/100% phones")))
    assert objections(unit) == []


def test_systemd_takes_the_unit_of_a_witness(tmp_path: Path) -> None:
    """As the script writes it, with its own shell."""
    ensure_authority(tmp_path)
    text = script(BRUGES, (ANTWERP, GHENT), issue_for(tmp_path, BRUGES.name, (BRUGES.address,)))
    written = 'cat > "$UNIT" <<END\n' + text.partition('cat > "$UNIT" <<END\n')[2].partition("\nEND\n")[0] + "\nEND\n"
    unit = tmp_path / "carillon-witness.service"
    subprocess.run(["sh", "-euc", f"UNIT={unit}; DIR=/var/lib/carillon-witness\n{written}"], check=True)
    assert "ExecStart=/bin/sh /var/lib/carillon-witness/vote.sh\n" in unit.read_text()
    assert objections(unit) == []


def test_what_systemd_does_not_take_is_seen(tmp_path: Path) -> None:
    unit = tmp_path / "carillon-wrong.service"
    unit.write_text("[Service]\nExecStart=/nowhere/at/all\nDynamicUsers=yes\n")
    assert len(objections(unit)) >= 2
