"""`make run`: the demo from the first prompt to the last, in a network of its own."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from tests.lab.prefix import BUILDING
from tests.phones.phone import Phone
from tests.supervision.installation import COMMAND, ENVIRONMENT, Installation, until

pytestmark = pytest.mark.engines

ALONE = ("unshare", "--net", "--", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")


@dataclass
class Demo(Installation):
    """The demo, started in the foreground."""

    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *options: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*ALONE, COMMAND, "--dir", self.directory, "demo", "run", *options],
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


@pytest.fixture
def alice(demo: Demo) -> Iterator[Phone]:
    """Alice's phone, beside the running demo."""
    process = demo.start()
    demo.await_credentials(process)
    namespace = f"{BUILDING}demo"
    subprocess.run(["ip", "netns", "attach", namespace, str(process.pid)], check=True)
    person = json.loads(demo.paths.credentials.read_text())["people"][0]
    try:
        with Phone(
            *(person["name"], person["extension"], person["password"], "carillon.test"),
            proxy="127.0.0.1:5060", namespace=namespace, address="127.0.0.1",
        ) as phone:  # fmt: skip
            phone.register()
            yield phone
    finally:
        subprocess.run(["ip", "netns", "delete", namespace], check=True)


def test_who_calls_outside_hears_himself(demo: Demo, alice: Phone) -> None:
    trunk = json.loads(demo.paths.credentials.read_text())["trunk"]
    assert (trunk["name"], trunk["address"]) == ("provider", "127.0.0.1:5090")
    assert "+3225550101" in trunk["numbers"]
    call = alice.dial("025551234")
    call.wait_answered()
    call.hears(alice.tone)
    call.hangup()
    call.wait_ended()


def test_the_provider_calls_back(demo: Demo, alice: Phone) -> None:
    assert alice.dial("025559999").wait_ended().code == 486
    back = alice.incoming()
    assert "+3225559999" in (back.invite.header("From") or "")
    back.answer()
    back.hears(alice.tone)
    back.hangup()


def test_without_the_provider_its_port_is_free(demo: Demo) -> None:
    process = demo.start("--provider", "no")
    demo.await_credentials(process)
    heard = ["ss", "--no-header", "--listening", "--udp", "--numeric", "sport", "=", ":5090"]
    done = subprocess.run(
        ["nsenter", "--net", "--target", str(process.pid), *heard], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    demo.down()
    process.communicate(timeout=30)


def test_a_second_demo_beside_the_first_is_refused(demo: Demo) -> None:
    first = demo.start()
    demo.await_credentials(first)
    second = demo.start()
    _, complaint = second.communicate(timeout=30)
    assert second.returncode == 1
    assert "is running already" in complaint
    assert len([pid for pid in demo.processes() if "-provider" in " ".join(psutil.Process(pid).cmdline())]) == 1
    assert demo.paths.credentials.exists()
    demo.down()
    first.communicate(timeout=30)
