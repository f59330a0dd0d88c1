"""The command line as a whole: where options stand, exit status, help, and what it loads."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.truth.terminal import Terminal

import carillon as package
from carillon.cli.app import NOUNS
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.provisioning.system import create_system

SOURCE = Path(package.__file__).parents[1]


def python(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run our Python with the package."""
    return subprocess.run(
        [sys.executable, *words],
        env={"PYTHONPATH": str(SOURCE), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_json_may_stand_before_the_noun_or_after_the_verb(carillon: Terminal) -> None:
    before = carillon.done("--json", "domain", "list").json
    assert before == carillon.done("domain", "list", "--json").json
    assert before[0]["name"] == "example.org"


def test_the_command_works_on_the_system_that_the_environment_names(tmp_path: Path) -> None:
    create_system(tmp_path / "office", "example.org", "127.0.0.1")
    done = python("-m", "carillon", "user", "add", "101", "--name", "Zoë", CARILLON_DIR=str(tmp_path / "office"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("User 101@example.org (Zoë) added.")


def test_a_refusal_is_one_sentence_on_standard_error(tmp_path: Path) -> None:
    done = python("-m", "carillon", "--dir", str(tmp_path), "user", "list")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"dir: there is no system in {tmp_path};")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [["user", "add", "101"], ["user", "fly"], ["--wings"], ["user", "list", "--wings"]])
def test_wrong_usage_ends_with_2(carillon: Terminal, words: list[str]) -> None:
    assert carillon.types(*words).status == 2


def test_the_version_is_said(carillon: Terminal) -> None:
    assert carillon.done("--version").out == f"carillon {package.__version__}\n"


def _verbs() -> Iterator[tuple[str, str]]:
    for noun, verbs in NOUNS:
        for command in verbs.registered_commands:
            assert command.callback is not None
            yield noun, command.name or command.callback.__name__


@pytest.mark.parametrize(("noun", "verb"), list(_verbs()))
def test_the_help_of_each_command_has_an_example(carillon: Terminal, noun: str, verb: str) -> None:
    help_text = carillon.done(noun, verb, "--help").out
    assert f"Example: carillon {noun} {verb}" in help_text
    assert "--json" in help_text


def test_help_loads_no_database() -> None:
    done = python("-X", "importtime", "-m", "carillon", "user", "--help")
    assert done.returncode == 0
    assert "sqlalchemy" not in done.stderr
    assert "alembic" not in done.stderr


def test_a_worker_loads_no_database_library() -> None:
    code = "import sys, carillon.stores.directory; print('sqlalchemy' in sys.modules)"
    assert python("-c", code).stdout == "False\n"


def test_alembic_is_loaded_only_to_migrate(tmp_path: Path) -> None:
    create_system(tmp_path / "office", "example.org", "127.0.0.1")
    done = python("-X", "importtime", "-m", "carillon", "--dir", str(tmp_path / "office"), "user", "list")
    assert done.returncode == 0
    assert "alembic" not in done.stderr


@pytest.mark.parametrize(
    ("address", "gateway"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.2", "127.0.0.2"),
        ("192.0.2.7", "127.191.2.7"),
        ("10.0.0.1", "127.117.0.1"),
        ("10.117.0.0", "127.0.0.1"),
        ("10.138.255.255", "127.0.0.1"),
        ("2001:db8::7", "127.0.0.1"),
    ],
)
def test_each_system_of_a_machine_has_a_gateway_of_its_own(address: str, gateway: str) -> None:
    assert Node("node1", "example.org", address).gateway_address == gateway


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("address", {"address": "0.0.0.0"}),
        ("address", {"address": "224.0.0.1"}),
        ("address", {"address": "2001:DB8::7"}),
        ("advertise", {"advertise": "example.org"}),
        ("country", {"country": "be"}),
        ("sip_port", {"sip_port": 80}),
        ("gateway_port", {"sip_port": 65530}),
        ("tls_port", {"tls_port": 5060}),
        ("tls_port", {"tls_port": 5080}),
        ("rtp_start", {"rtp_start": 10001}),
        ("rtp_start", {"rtp_start": 20000}),
        ("name", {"name": "Node 1"}),
        ("domain", {"default_domain": "Example.org"}),
    ],
)
def test_a_node_that_cannot_work_is_refused(field: str, values: dict[str, object]) -> None:
    settings: dict[str, object] = {"name": "node1", "default_domain": "example.org", "address": "127.0.0.1"}
    with pytest.raises(Refused, match=f"^{field}: "):
        Node(**{**settings, **values})  # type: ignore[arg-type]
