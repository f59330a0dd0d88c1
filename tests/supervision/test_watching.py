"""Restarts, leftovers, ports and the unit file, without any engine."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from carillon.confgen.system import System
from carillon.model.refused import Refused
from carillon.supervision.leftovers import RECORD, end, leftovers
from carillon.supervision.place import require_place
from carillon.supervision.ports import require_free
from carillon.supervision.restarts import Restarts, count_restart, listen, read_restarts
from carillon.supervision.unit import unit_text


def _event(state: str) -> str:
    body = f"processname:kamailio groupname:kamailio from_state:{state} tries:0"
    return f"ver:3.0 server:carillon eventname:PROCESS_STATE_STARTING len:{len(body)}\n{body}"


def test_a_start_after_a_death_is_a_restart_and_the_first_start_is_none(tmp_path: Path) -> None:
    answers = io.StringIO()
    listen(
        tmp_path / "restarts.json", io.StringIO(_event("STOPPED") + _event("EXITED") + _event("BACKOFF")), answers, list
    )
    assert read_restarts(tmp_path / "restarts.json")["kamailio"].count == 2
    assert answers.getvalue() == "READY\n" + "RESULT 2\nOKREADY\n" * 3


def test_each_engine_is_counted_for_itself(tmp_path: Path) -> None:
    file, when = tmp_path / "restarts.json", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    count_restart(file, "redis", when)
    count_restart(file, "asterisk", when)
    assert read_restarts(file)["redis"] == Restarts(1, "2026-01-02T03:04:05+00:00")


def test_what_an_engine_left_behind_is_found_and_ended(tmp_path: Path) -> None:
    sleep = "import sys, time; print(flush=True); time.sleep(60)"
    left = subprocess.Popen(
        [sys.executable, "-c", sleep, str(tmp_path)], start_new_session=True, stdout=subprocess.PIPE
    )
    assert left.stdout is not None
    left.stdout.readline()
    (tmp_path / RECORD).write_text(f"{left.pid}\n")
    assert leftovers(tmp_path, only=left.pid + 1) == [], "it was started anew since it was found to hang"
    found = leftovers(tmp_path, only=left.pid)
    assert [process.pid for process in found] == [left.pid]
    end(found)
    left.stdout.close()
    left.wait()
    assert not psutil.pid_exists(left.pid)


def test_a_stranger_in_the_recorded_group_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text(f"{psutil.Process().ppid()}\n")
    assert leftovers(tmp_path) == []


def test_a_taken_port_is_named(system: System) -> None:
    require_free(system.node)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((system.node.address, system.node.sip_port))
        with pytest.raises(Refused, match="is in use by") as refused:
            require_free(system.node)
    assert refused.value.field == "sip_port"


def test_an_address_of_another_machine_is_named(system: System) -> None:
    with pytest.raises(Refused, match=r"192\.0\.2\.77 isn't an address of this machine"):
        require_free(replace(system.node, address="192.0.2.77"))


def test_a_directory_with_something_in_it_is_no_place_for_a_system(tmp_path: Path) -> None:
    require_place(tmp_path / "new")
    require_place(tmp_path)
    (tmp_path / "letter").touch()
    with pytest.raises(Refused, match="isn't empty"):
        require_place(tmp_path)


def test_the_unit_starts_this_system_and_quotes_its_path() -> None:
    text = unit_text(Path("/opt/carillon/bin/carillon"), Path("/srv/100% phones"))
    assert 'ExecStart="/opt/carillon/bin/carillon" --dir "/srv/100%% phones" up --foreground\n' in text
