"""A node that is a name server: NSD, run by the system, answers for its domains."""

from __future__ import annotations

import json
import signal
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import dns.message
import dns.query
import dns.rcode
import psutil
import pytest
from tests.supervision.installation import Installation, own_address, until

pytestmark = pytest.mark.engines

NAME = "nameserver"


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A running system whose node is a name server."""
    serving = Installation(tmp_path_factory.mktemp("dns") / "office", own_address())
    serving.create()
    serving.up()
    assert component(serving) is None, "it serves although nobody has asked for it"
    done = serving.carillon("dns", "serve", "on")
    assert done.returncode == 0, done.stderr
    yield serving
    serving.remove()


def component(of: Installation) -> dict[str, object] | None:
    """What `status` says of the name server."""
    components = json.loads(of.carillon("status", "--json").stdout)["components"]
    return next((one for one in components if one["name"] == NAME), None)


def asked(server: Installation, name: str, type: str) -> list[str]:
    """What it answers itself."""
    answer = dns.query.udp(dns.message.make_query(name, type), server.address, timeout=5)
    return sorted(row.to_text() for rows in answer.answer for row in rows)


def nsd(of: Installation) -> list[psutil.Process]:
    """The processes of NSD itself."""
    run = str(of.paths.run / NAME)
    found = ((one, one.info["cmdline"] or [""]) for one in psutil.process_iter(["cmdline"]))
    return [one for one, line in found if line[0].endswith("/nsd") and any(run in word for word in line)]


def changed(server: Installation, *command: str) -> None:
    done = server.carillon(*command)
    assert done.returncode == 0, done.stderr


def test_it_answers_for_our_domains_and_for_nothing_else(serving: Installation) -> None:
    assert asked(serving, "_sip._udp.carillon.test", "SRV") == ["1 1 5060 node1.carillon.test."]
    assert asked(serving, "node1.carillon.test", "A") == [serving.address]
    assert len(asked(serving, "carillon.test", "NAPTR")) == 3
    stranger = dns.query.udp(dns.message.make_query("example.com", "A"), serving.address, timeout=5)
    assert stranger.rcode() == dns.rcode.REFUSED
    row = component(serving)
    assert row
    assert (row["healthy"], row["problem"]) == (True, "")


def test_it_runs_as_the_service_user(serving: Installation) -> None:
    assert {one.username() for one in nsd(serving)} == {"kamailio"}


def test_dns_check_finds_all_right_and_says_what_is_not(serving: Installation) -> None:
    server = ("--server", serving.address)
    assert serving.carillon("dns", "check", *server).returncode == 0
    silent = serving.carillon("dns", "check", "--server", own_address())
    assert silent.returncode == 1
    assert "no answer" in silent.stderr


@dataclass
class Asker:
    """Somebody who asks all the time, and counts what stays without an answer."""

    server: Installation
    answered: int = 0
    lost: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Asker:
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _ask(self) -> None:
        question = dns.message.make_query("_sip._udp.carillon.test", "SRV").to_wire()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(5)
            asking.connect((self.server.address, 53))
            while not self._over.wait(0.01):
                asking.send(question)
                try:
                    asking.recv(4096)
                    self.answered += 1
                except OSError:
                    self.lost += 1


def test_changes_are_answered_soon_and_no_question_is_lost(serving: Installation) -> None:
    with Asker(serving) as asker:
        for priority in ("7", "8", "9"):
            changed(serving, "dns", "set", "node1", "--priority", priority)
            until(
                lambda now=priority: asked(serving, "_sip._udp.carillon.test", "SRV")[0].startswith(f"{now} "),
                "the new priority is answered",
            )
        changed(serving, "domain", "add", "b.test")
        until(lambda: asked(serving, "node1.b.test", "A") == [serving.address], "a new domain is answered")
        changed(serving, "domain", "remove", "b.test")
        until(lambda: not asked(serving, "node1.b.test", "A"), "a removed domain is not answered")
        changed(serving, "domain", "set", "carillon.test", "--naptr", "off")
        until(lambda: not asked(serving, "carillon.test", "NAPTR"), "no NAPTR is answered")
    assert asker.lost == 0
    assert asker.answered > 0


def test_it_is_there_again_after_a_kill_and_after_a_hang(serving: Installation) -> None:
    for harm in (signal.SIGKILL, signal.SIGSTOP):
        before = {one.pid for one in nsd(serving)}
        for process in nsd(serving):
            process.send_signal(harm)
        until(lambda old=before: bool(now := {one.pid for one in nsd(serving)}) and not now & old, f"after {harm.name}")
        until(lambda: bool((row := component(serving)) and row["healthy"]), f"healthy after {harm.name}")
        assert asked(serving, "node1.carillon.test", "A") == [serving.address]


def test_a_port_that_is_taken_is_refused_and_nothing_changes(serving: Installation) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((serving.address, 5353))
        done = serving.carillon("dns", "serve", "on", "--port", "5353")
    assert done.returncode == 1
    assert f"UDP {serving.address}:5353 is in use by" in done.stderr
    assert asked(serving, "node1.carillon.test", "A") == [serving.address]


def test_it_moves_and_is_switched_off(serving: Installation) -> None:
    changed(serving, "dns", "serve", "on", "--port", "5354")
    moved = dns.query.udp(dns.message.make_query("node1.carillon.test", "A"), serving.address, port=5354, timeout=5)
    assert moved.answer
    serving.down()
    serving.up()
    assert component(serving), "switched on before, it is there after the next start"
    changed(serving, "dns", "serve", "off")
    assert component(serving) is None
    assert nsd(serving) == []
