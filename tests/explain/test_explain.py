"""`carillon explain call` says what the engines would do, also for a system that is not running."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from carillon.cli.app import main

Explain = Callable[..., Any]


def carillon(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Type a command."""
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        status = main(["--dir", str(directory), *arguments])
    return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A system with two people that was never started."""
    directory = tmp_path_factory.mktemp("explained") / "system"
    assert carillon(directory, "create", str(directory), "--domain", "e.test", "--address", "127.0.0.1").returncode == 0
    for extension, name in (("101", "Alice Martin"), ("102", "Bob Dupont")):
        assert carillon(directory, "user", "add", extension, "--name", name).returncode == 0
        assert carillon(directory, "device", "add", extension, "--user", extension).returncode == 0
    return directory


def explained(system: Path, *arguments: str) -> Any:
    """What `explain call` says, in JSON."""
    done = carillon(system, "explain", "call", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_call_that_would_ring(system: Path) -> None:
    said = explained(system, "--from", "101", "--to", "102", "--registered", "yes")
    assert said["outcome"] == "rings 102@e.test for 60 s"
    assert [leg["leg"] for leg in said["legs"]] == ["inbound", "outbound"]
    assert said["then"] == {
        "busy": "the caller gets 486 Busy Here",
        "no-answer": "the caller gets 480 Temporarily Unavailable",
        "offline": "the caller gets 480 Temporarily Unavailable",
        "unreachable": "the caller gets 480 Temporarily Unavailable",
        "declined": "the caller gets 603 Decline",
    }


@pytest.mark.parametrize("digest", ["md5", "sha256", "both"])
def test_the_caller_is_known_whatever_his_domain_offers(system: Path, digest: str) -> None:
    assert carillon(system, "domain", "set", "e.test", "--digest", digest).returncode == 0
    said = explained(system, "--from", "101", "--to", "102", "--registered", "yes")
    assert said["outcome"] == "rings 102@e.test for 60 s"


def test_what_a_call_rings_as(system: Path) -> None:
    said = explained(system, "--from", "101", "--to", "102", "--registered", "yes")
    assert {"leg": "outbound", "rule": "rung as", "verdict": "rings as", "fact": "internal"} in said["trace"]


def test_nobody_is_registered(system: Path) -> None:
    said = explained(system, "--from", "101", "--to", "102")
    assert said["outcome"] == "the caller gets 480 Temporarily Unavailable"
    assert said["trace"][-1] == {
        "leg": "outbound",
        "rule": "registered",
        "verdict": "refused",
        "fact": "Bob Dupont has no phone registered",
    }


def test_a_number_that_nobody_has(system: Path) -> None:
    said = explained(system, "--from", "101", "--to", "199")
    assert said["outcome"] == "the caller gets 404 Not Found"
    assert said["trace"][-1]["fact"] == "nobody has 199 in e.test"


def test_a_caller_who_does_not_exist_is_refused_with_a_sentence(system: Path) -> None:
    done = carillon(system, "explain", "call", "--from", "901", "--to", "102")
    assert done.returncode == 1
    assert "there is no user 901" in done.stderr


@pytest.fixture(scope="module")
def outside(system: Path) -> Path:
    """The same system with a trunk, and a number of Bob's."""
    for command in (
        ("trunk", "add", "provider", "--address", "192.0.2.9:5060", "--main-number", "+3225550100"),
        ("outbound", "add", "", "--trunk", "provider"),
        ("number", "add", "+3225550102", "--to", "102"),
    ):
        done = carillon(system, *command)
        assert done.returncode == 0, done.stderr
    return system


def test_a_call_that_would_leave(outside: Path) -> None:
    said = explained(outside, "--from", "101", "--to", "02 555 12 34")
    assert said["outcome"] == "leaves by trunk provider as sip:+3225551234@192.0.2.9:5060"
    assert said["then"]["busy"] == "the caller gets 486 Busy Here"


def test_a_call_that_is_not_allowed(outside: Path) -> None:
    said = explained(outside, "--from", "101", "--to", "+33142685300")
    assert said["outcome"] == "the caller gets 403 Forbidden"
    assert "may not make international calls" in said["trace"][-1]["fact"]


def test_a_call_that_would_come_in(outside: Path) -> None:
    said = explained(outside, "--from-trunk", "provider", "--to", "+3225550102", "--registered", "yes")
    assert said["outcome"] == "rings 102@e.test for 60 s"


def test_where_a_name_comes_from(outside: Path) -> None:
    for command in (("book", "add", "suppliers"), ("book", "entry", "add", "suppliers", "Jan", "0475 12 34 56")):
        assert carillon(outside, *command).returncode == 0
    call = ("--from-trunk", "provider", "--caller", "0475123456", "--to", "+3225550102", "--registered", "yes")
    said = explained(outside, *call)
    rows = {row["rule"]: row["fact"] for row in said["trace"]}
    assert rows["named"] == "+32475123456 is Jan: shared book suppliers"
    assert rows["caller shown"] == "Jan <+32475123456@e.test>"
    done = carillon(outside, "explain", "call", "--from", "101", "--caller", "0475123456", "--to", "102")
    assert done.stderr.startswith("caller: is for calls that come in")


def test_who_calls_must_be_said_once(outside: Path) -> None:
    done = carillon(outside, "explain", "call", "--to", "102")
    assert done.returncode == 1
    assert done.stderr.startswith("from: say who calls")


def test_no_secret_is_shown(system: Path) -> None:
    done = carillon(system, "explain", "call", "--from", "101", "--to", "102", "--registered", "yes", "--json")
    assert (system / "secret.key").read_bytes().hex() not in done.stdout
    assert "ha1" not in done.stdout.lower()


@pytest.fixture(scope="module")
def forwarding(outside: Path) -> Path:
    """The same system, in which Bob sends calls on to Alice and to a mobile, by the hour and by his state."""
    for command in (
        ("schedule", "add", "office", "--hours", "mon-fri 09:00-17:30", "--holidays", "2026-12-25"),
        ("forwarding", "add", "102", "--when", "always", "--schedule", "not:office", "--to", "+32475123456"),
        ("forwarding", "add", "102", "--when", "busy", "--to", "101"),
        ("forwarding", "add", "102", "--when", "no-answer", "--after", "20", "--to", "101", "+32475123456"),
        ("forwarding", "add", "102", "--when", "always", "--presence", "vacation", "--to", "101"),
    ):
        done = carillon(outside, *command)
        assert done.returncode == 0, done.stderr
    return outside


MOBILE = "leaves by trunk provider as sip:+32475123456@192.0.2.9:5060"
AT_WORK, ON_CHRISTMAS = ("--at", "2026-12-24T11:00"), ("--at", "2026-12-25T11:00")
CALL = ("--from", "101", "--to", "102", "--registered", "yes")


def test_what_would_follow_is_said_for_each_cause(forwarding: Path) -> None:
    said = explained(forwarding, *CALL, *AT_WORK)
    assert said["outcome"] == "rings 102@e.test for 20 s"
    assert said["then"] == {
        "busy": "rings 101@e.test for 60 s",
        "no-answer": "rings 101@e.test for 20 s",
        "offline": "the caller gets 480 Temporarily Unavailable",
        "unreachable": "the caller gets 480 Temporarily Unavailable",
        "declined": "the caller gets 603 Decline",
    }


def test_another_time(forwarding: Path) -> None:
    assert explained(forwarding, *CALL, *ON_CHRISTMAS)["outcome"] == MOBILE
    assert explained(forwarding, *CALL, "--at", "2026-12-24T17:30")["outcome"] == MOBILE


def test_another_state(forwarding: Path) -> None:
    assert explained(forwarding, *CALL, *AT_WORK, "--presence", "vacation")["outcome"] == "rings 101@e.test for 60 s"
    said = explained(forwarding, *CALL, *AT_WORK, "--presence", "dnd")
    assert said["outcome"] == "rings 101@e.test for 60 s"
    facts = [row["fact"] for row in said["trace"] if row["verdict"] == "forwarded"]
    assert facts == ["102@e.test, row 2: busy → 101"]


def test_a_person_in_a_call(forwarding: Path) -> None:
    assert explained(forwarding, *CALL, *AT_WORK, "--busy")["outcome"] == "rings 101@e.test for 60 s"


def test_a_time_that_is_none(forwarding: Path) -> None:
    done = carillon(forwarding, "explain", "call", *CALL, "--at", "soon")
    assert done.stderr.startswith("at: ")


def test_who_may_pick_up_whom(system: Path) -> None:
    nothing = explained(system, "--from", "101", "--to", "*8102")
    assert nothing["outcome"] == "the caller gets 603 Decline"
    assert nothing["trace"][-1]["fact"] == "101@e.test may not pick up 102@e.test: no group in common"
    assert carillon(system, "user", "set", "101", "--pickup-of", "102").returncode == 0
    assert explained(system, "--from", "101", "--to", "*8102")["trace"][-1]["fact"] == "nothing rings at 102@e.test"
    rings = ("--ringing", "102")
    assert (
        explained(system, "--from", "101", "--to", "*8", *rings)["outcome"] == "takes the call that rings at 102@e.test"
    )
    assert carillon(system, "user", "set", "101", "--pickup-of", "").returncode == 0
    refused = carillon(system, "explain", "call", "--from", "101", "--to", "*8", "--ringing", "199")
    assert refused.returncode == 1
    assert refused.stderr.startswith("ringing: ")


def test_explain_says_why_a_call_is_recorded(system: Path) -> None:
    assert carillon(system, "user", "add", "108", "--name", "Dora").returncode == 0
    assert carillon(system, "recording", "rule", "add", "108", "--calls", "internal").returncode == 0
    said = explained(system, "--from", "101", "--to", "108", "--registered", "yes")
    rows = {row["rule"]: (row["verdict"], row["fact"]) for row in said["trace"]}
    assert rows["recorded"] == ("not recorded", "no rule says so")
    assert rows["recorded outbound"] == ("recorded", "rule 1: internal calls of 108")
    assert carillon(system, "recording", "rule", "add", "everybody").returncode == 0
    said = explained(system, "--from", "101", "--to", "108", "--registered", "yes")
    rows = {row["rule"]: (row["verdict"], row["fact"]) for row in said["trace"]}
    assert rows["recorded"] == ("recorded", "rule 2: all calls of everybody")
    assert rows["recorded outbound"] == ("skipped", "recorded on the caller's side")
    assert carillon(system, "recording", "rule", "set", "1", "--announce", "tone", "--tone-every", "15").returncode == 0
    said = explained(system, "--from", "101", "--to", "108", "--registered", "yes")
    rows = {row["rule"]: (row["verdict"], row["fact"]) for row in said["trace"]}
    told = "rule 2: all calls of everybody, announced by a tone, and a tone every 15 s"
    assert rows["recorded"] == ("recorded, announced", told)


@pytest.mark.parametrize(
    ("trusted", "caller", "outcome"),
    [
        ("yes", "+32475998877", "asks 101 (Alice Martin) for a number: free calls at once, others with the PIN"),
        ("yes", "+32475000000", "the caller gets 403 Forbidden: +32475000000 is nobody's telephone"),
        ("yes", "", "the caller gets 403 Forbidden"),
        ("no", "+32475998877", "the caller gets 403 Forbidden"),
    ],
)
def test_a_call_to_the_access_number(with_access: Path, trusted: str, caller: str, outcome: str) -> None:
    assert carillon(with_access, "trunk", "set", "line", "--trusted", trusted).returncode == 0
    who = ["--caller", caller] if caller else []
    said = explained(with_access, "--from-trunk", "line", *who, "--to", "+3225550199")
    assert said["outcome"] == outcome


@pytest.fixture(scope="module")
def with_access(system: Path) -> Path:
    """The system with an access number, a trunk and Alice's mobile."""
    for words in (
        ("trunk", "add", "line", "--address", "192.0.2.7"),
        ("user", "set", "101", "--mobile", "+32475998877"),
        ("number", "add", "+3225550199", "--to", "access"),
    ):
        done = carillon(system, *words)
        assert done.returncode == 0, done.stderr
    return system


def test_when_a_phone_would_ring(system: Path) -> None:
    assert carillon(system, "priority", "add", "0.4", "--agent", "acrobits*").returncode == 0

    def outcome(*words: str) -> str:
        done = carillon(system, "explain", "registration", "102", *words, "--json")
        assert done.returncode == 0, done.stderr
        return str(json.loads(done.stdout)["outcome"])

    assert outcome("--agent", "Acrobits/8") == "stored; it rings for 102@e.test at 0.4"
    assert outcome("--agent", "Acrobits/8", "--q", "0.7") == "stored; it rings for 102@e.test at 0.7, its own q"
    assert outcome("--agent", "Yealink") == "stored; it rings for 102@e.test at 1"
    assert outcome("--q", "7") == "it gets 400 Bad Contact"
    table = carillon(system, "explain", "registration", "102", "--agent", "Acrobits/8").stdout
    assert "priority 0.4 by rule 1" in table
    assert "no device" in carillon(system, "explain", "registration", "nobody").stderr
