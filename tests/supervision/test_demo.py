"""`make run`: the demo from the first prompt to the last, in a network of its own."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.supervision.installation import COMMAND, ENVIRONMENT, Installation, until

pytestmark = pytest.mark.engines

ALONE = ("unshare", "--net", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")


@dataclass
class Demo(Installation):
    """The demo, started in the foreground."""

    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*ALONE, COMMAND, "--dir", self.directory, "demo", "run"],
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def await_credentials(self, process: subprocess.Popen[str]) -> None:
        until(lambda: self.paths.credentials.exists() or process.poll() is not None, "the demo is healthy")
        assert self.paths.credentials.exists(), process.communicate()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path / "demo", "127.0.0.1")
    yield demo
    demo.remove()
    for process in demo.started:
        process.terminate()
        process.communicate()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_tells_how_to_register_and_ends_cleanly(demo: Demo, ending: signal.Signals) -> None:
    process = demo.start()
    demo.await_credentials(process)
    credentials = json.loads(demo.paths.credentials.read_text())
    assert demo.paths.credentials.stat().st_mode & 0o777 == 0o600
    process.send_signal(ending)
    said, complaints = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in complaints) == (0, False)
    assert credentials["domain"] == "carillon.test"
    assert credentials["sip"] == {"udp": "127.0.0.1:5060", "tcp": "127.0.0.1:5060", "tls": "127.0.0.1:5061"}
    assert [person["name"] for person in credentials["people"]][:2] == ["Alice Martin", "Bob Dupont"]
    assert all(person["password"] in said and person["extension"] in said for person in credentials["people"])
    assert "Register a phone" in said
    assert not demo.paths.credentials.exists()
    assert demo.processes() == []
    assert not demo.paths.run.exists()


def test_the_demo_ends_when_somebody_else_stops_it_and_keeps_its_passwords(demo: Demo) -> None:
    passwords = []
    for _ in range(2):
        process = demo.start()
        demo.await_credentials(process)
        people = json.loads(demo.paths.credentials.read_text())["people"]
        passwords.append([person["password"] for person in people])
        demo.down()
        process.communicate(timeout=30)
        assert process.returncode == 0
        assert not demo.paths.credentials.exists()
    assert passwords[0] == passwords[1]


def test_a_second_demo_beside_the_first_is_refused(demo: Demo) -> None:
    first = demo.start()
    demo.await_credentials(first)
    second = demo.start()
    _, complaint = second.communicate(timeout=30)
    assert second.returncode == 1
    assert "is running already" in complaint
    assert demo.paths.credentials.exists()
    demo.down()
    first.communicate(timeout=30)
