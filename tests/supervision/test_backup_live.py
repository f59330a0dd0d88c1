"""A system is backed up while it runs, and goes on from the backup in another place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.phones.raw import RawAgent
from tests.supervision.installation import Installation, until

from carillon.stores.registrations import registrations

pytestmark = pytest.mark.engines

PASSWORD = "correct-horse-battery"


def _registrations(office: Installation) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(office.carillon("registration", "list", "--json").stdout)
    return [{key: value for key, value in row.items() if key not in ("expires_s", "since")} for row in rows]


def test_phones_do_not_notice(running: Installation, tmp_path: Path) -> None:
    assert running.carillon("user", "add", "101", "--name", "Alice").returncode == 0
    assert running.carillon("device", "add", "alice", "--user", "101", "--password", PASSWORD).returncode == 0
    file = tmp_path / "backup.tar.gz"
    proxy = f"{running.address}:5060"
    with RawAgent("101", "carillon.test", auth_user="alice", password=PASSWORD, proxy=proxy) as alice:
        assert alice.register(600).code == 200
        until(lambda: _written(running), "Kamailio writes the registration, which it does once a second")
        before = _registrations(running)
        assert [row["extension"] for row in before] == ["101"]
        engines = running.component_pids("kamailio")
        done = running.carillon("backup", str(file), "--json")
        assert done.returncode == 0, done.stderr
        assert "location.db" in json.loads(done.stdout)["files"]
        assert file.stat().st_mode & 0o777 == 0o600
        assert running.component_pids("kamailio") == engines
        running.down()

        again = Installation(tmp_path / "again", running.address)
        try:
            done = again.carillon("restore", str(file))
            assert done.returncode == 0, done.stderr
            assert again.paths.state != running.paths.state
            again.up()
            assert _registrations(again) == before
            assert alice.register(600).code == 200
            shown = json.loads(again.carillon("certificate", "show", "--json").stdout)
            assert shown == json.loads(running.carillon("certificate", "show", "--json").stdout)
        finally:
            again.remove()


def _written(office: Installation) -> bool:
    return len(registrations(office.paths.state / "location.db")) == 1
