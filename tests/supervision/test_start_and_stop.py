"""Up and down: healthy after the one, nothing left after the other."""

from __future__ import annotations

import os
import re
import signal
import socket
from pathlib import Path

import psutil
import pytest
from tests.supervision.installation import Installation, own_address, until

pytestmark = pytest.mark.engines

ENGINES = (
    *("collector", "redis", "rtpengine", "asterisk", "services", "presence", "kamailio"),
    *("recordings", "trunks", "names", "calendars", "calls", "states", "watchdog"),
)


def test_up_makes_every_component_healthy(shared: Installation) -> None:
    now = shared.status()
    assert now["healthy"], now
    assert [one["name"] for one in now["components"]] == list(ENGINES)
    for one in now["components"]:
        assert one["healthy"]
        assert one["version"]
        assert psutil.Process(one["pid"]).username() == "kamailio"


def test_nothing_is_said_of_components_that_are_well(shared: Installation) -> None:
    """On a busy machine one may be late with an answer just then."""
    until(lambda: {one["problem"] for one in shared.status()["components"]} == {""}, "no component has a problem")


def test_down_leaves_no_process_and_no_run_directory(running: Installation) -> None:
    assert running.processes()
    done = running.carillon("down")
    assert done.stdout == "Stopped.\n"
    assert running.processes() == []
    assert not running.paths.run.exists()


def test_down_of_a_stopped_system_says_so(office: Installation) -> None:
    assert office.carillon("down").stdout == "It wasn't running.\n"
    now = office.status()
    assert not now["healthy"]
    assert "`carillon up` starts it" in now["components"][0]["problem"]


def test_up_twice_is_refused(shared: Installation) -> None:
    again = shared.carillon("up")
    assert again.returncode == 1
    assert "is running already" in again.stderr
    assert shared.status()["healthy"]


@pytest.mark.parametrize("name", ENGINES)
def test_a_component_that_dies_comes_back_and_status_tells(shared: Installation, name: str) -> None:
    died = shared.component(name)["pid"]
    os.kill(died, signal.SIGKILL)
    until(lambda: shared.component(name)["pid"] not in (None, died), f"{name} is started again")
    until(lambda: shared.status()["healthy"], f"{name} is healthy again")
    # What it left behind may count as hung before it is missed, on a machine that is busy.
    assert re.search(r"restarted \d+ times?, last at 20", shared.component(name)["problem"])


def test_a_killed_supervisor_takes_everything_along_and_up_works_again(running: Installation) -> None:
    os.kill(int((running.paths.run / "supervisor.pid").read_text()), signal.SIGKILL)
    until(lambda: running.processes() == [], "the components end with their supervisor")
    assert not running.status()["healthy"]
    running.up()
    assert running.status()["healthy"]


def test_a_supervisor_that_hangs_is_said_and_down_and_up_mend_it(running: Installation) -> None:
    hung = int((running.paths.run / "supervisor.pid").read_text())
    os.kill(hung, signal.SIGSTOP)
    assert f"the supervisor (process {hung}) doesn't answer" in running.status()["components"][0]["problem"]
    running.down()
    assert not psutil.pid_exists(hung)
    running.up()
    assert running.status()["healthy"]


def test_kamailios_orphans_do_not_stand_in_the_way(running: Installation) -> None:
    os.kill(int((running.paths.run / "supervisor.pid").read_text()), signal.SIGSTOP)
    orphaned = running.component_pids("kamailio")
    os.kill(orphaned[0], signal.SIGKILL)
    os.kill(int((running.paths.run / "supervisor.pid").read_text()), signal.SIGKILL)
    running.up()
    assert running.status()["healthy"]
    assert not any(psutil.pid_exists(pid) for pid in orphaned)


def test_two_systems_side_by_side(shared: Installation, tmp_path: Path) -> None:
    other = Installation(tmp_path / "other", shared.address)
    other.create("--sip-port", "5070")
    try:
        other.up()
        assert shared.status()["healthy"]
        assert other.status()["healthy"]
    finally:
        other.remove()
    assert shared.status()["healthy"]


@pytest.mark.parametrize(
    ("kind", "port", "field"), [("udp", 5060, "sip_port"), ("tcp", 5061, "tls_port"), ("udp", 5080, "gateway_port")]
)
def test_a_taken_port_is_named_with_its_holder(office: Installation, kind: str, port: int, field: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM) as taken:
        taken.bind((office.address, port))
        if kind == "tcp":
            taken.listen(1)
        done = office.carillon("up")
    assert done.returncode == 1
    assert done.stderr.startswith(f"{field}: {kind.upper()} {office.address}:{port} is in use by ")
    assert f"(process {os.getpid()})" in done.stderr
    assert not office.paths.run.exists()


def test_a_private_home_and_any_current_directory_will_do(office: Installation, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    office.up(cwd=Path("/"))
    assert office.status()["healthy"]


def test_a_directory_that_is_in_use_is_refused(office: Installation) -> None:
    again = office.carillon("create", str(office.directory), "--domain", "x.test", "--address", own_address())
    assert again.returncode == 1
    assert again.stderr.startswith("dir: ")


def test_an_address_of_another_machine_is_warned_about_and_refused_at_the_start(tmp_path: Path) -> None:
    away = Installation(tmp_path / "away", "192.0.2.77")
    done = away.carillon("create", str(away.directory), "--domain", "x.test", "--address", away.address)
    assert done.returncode == 0
    assert "192.0.2.77 isn't an address of this machine" in done.stderr
    assert "isn't an address of this machine" in away.carillon("up").stderr


def test_logs_are_shown_by_component(shared: Installation) -> None:
    assert "ready to accept connections" in shared.carillon("log", "redis").stdout
    assert "Asterisk Ready" in shared.carillon("log").stdout
    assert shared.carillon("log", "nothing").stderr.startswith("component: ")
