"""Who holds the database, who votes on it, and what members and witnesses are told."""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from carillon import provisioning
from carillon.confgen.database import target
from carillon.confgen.system import System
from carillon.confgen.tls.authority import ensure_authority, issue_for
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.model.witness import Witness
from carillon.provisioning import nodes, witnesses
from carillon.provisioning.system import create_system, open_truth
from carillon.stores.sql.database import Database
from carillon.stores.sql.engine import Overtaken, repeated
from carillon.supervision import memberstart
from carillon.supervision.owndatabase import follow_members
from carillon.supervision.witnesses import script
from carillon.system.paths import SystemPaths

ANTWERP = Node("antwerp", "example.org", "192.0.2.10", member=True)
GHENT = replace(ANTWERP, name="ghent", address="192.0.2.11")
BRUGES = Witness("bruges", "192.0.2.12")


@pytest.fixture
def paths(tmp_path: Path) -> SystemPaths:
    return SystemPaths(tmp_path / "office", tmp_path / "run")


@pytest.fixture
def truth(paths: SystemPaths) -> Engine:
    """A system of two members."""
    first = create_system(paths.directory, "example.org", "192.0.2.10")
    truth = open_truth(paths)
    nodes.add(truth, "me", replace(first, name="ghent", address="192.0.2.11", member=True), founder=first.name)
    return truth


def test_the_first_member_is_counted_when_the_second_comes(truth: Engine) -> None:
    assert {one.name: one.member for one in nodes.all_nodes(truth)} == {"node1": True, "ghent": True}


def test_a_witness_is_added_moved_and_removed(truth: Engine) -> None:
    witnesses.add(truth, "me", BRUGES)
    witnesses.add(truth, "me", replace(BRUGES, address="192.0.2.13"))
    assert witnesses.all_witnesses(truth) == (replace(BRUGES, address="192.0.2.13"),)
    witnesses.remove(truth, "me", BRUGES)
    assert witnesses.all_witnesses(truth) == ()


@pytest.mark.parametrize(
    ("new", "words"),
    [
        (replace(BRUGES, name="ghent"), "name: there is a node ghent already"),
        (replace(BRUGES, address="192.0.2.11"), "address: 192.0.2.11 is the address of ghent"),
    ],
)
def test_a_witness_is_no_node(truth: Engine, new: Witness, words: str) -> None:
    with pytest.raises(Refused, match=f"^{words}"):
        witnesses.add(truth, "me", new)


def test_a_witness_needs_a_cluster(paths: SystemPaths) -> None:
    create_system(paths.directory, "example.org", "192.0.2.10")
    with pytest.raises(Refused, match=r"^witness: there is no cluster yet"):
        witnesses.add(open_truth(paths), "me", BRUGES)


def test_a_node_is_not_named_like_a_witness(truth: Engine) -> None:
    witnesses.add(truth, "me", BRUGES)
    with pytest.raises(Refused, match=r"^name: there is a witness bruges"):
        nodes.add(truth, "me", replace(GHENT, name="bruges", address="192.0.2.14"))


def test_a_witness_leaves_before_it_can_outvote_the_last_member(truth: Engine) -> None:
    witnesses.add(truth, "me", BRUGES)
    with pytest.raises(Refused, match="first stop that witness and run `carillon node leave bruges`"):
        nodes.remove(truth, "me", "ghent")
    witnesses.remove(truth, "me", BRUGES)
    nodes.remove(truth, "me", "ghent")


def test_the_last_member_stays(truth: Engine) -> None:
    nodes.add(truth, "me", replace(GHENT, name="namur", address="192.0.2.14", member=False))
    nodes.remove(truth, "me", "ghent")
    with pytest.raises(Refused, match="node1 has the database of all nodes"):
        nodes.remove(truth, "me", "node1")


def test_servers_are_the_members_in_the_order_of_their_names(paths: SystemPaths) -> None:
    paths.directory.mkdir()
    Database(("192.0.2.11:3306",), "carillon", "secret").write(paths.database)
    assert follow_members(paths, (GHENT, replace(GHENT, name="namur", member=False), ANTWERP))
    assert Database.read(paths.database).hosts == ("192.0.2.10:3306", "192.0.2.11:3306")
    assert not follow_members(paths, (GHENT, ANTWERP))


def test_servers_of_the_administrator_stay(paths: SystemPaths) -> None:
    paths.directory.mkdir()
    Database(("db.example.org",), "carillon", "secret").write(paths.database)
    assert not follow_members(paths, (replace(GHENT, member=False),))


def _file(paths: SystemPaths, node: Node) -> str:
    system = System(node, ("example.org",), paths, Path("/code"), Path("/venv"), (GHENT,), witnesses=(BRUGES,))
    return target.files(target.context(system))["my.cnf"]


def test_a_member_is_told_of_all_and_encrypts(paths: SystemPaths) -> None:
    said = _file(paths, ANTWERP)
    assert "wsrep_cluster_address = gcomm://192.0.2.10:4567,192.0.2.11:4567,192.0.2.12:4567\n" in said
    assert "gmcast.listen_addr=ssl://192.0.2.10:4567;" in said
    assert "ssl-mode = VERIFY_CA" in said


def test_a_server_alone_is_in_no_cluster(paths: SystemPaths) -> None:
    assert "wsrep" not in _file(paths, replace(ANTWERP, member=False))


def test_a_member_keeps_who_was_together_until_it_stops(tmp_path: Path) -> None:
    member = target.Member("antwerp", "carillon-x", "a:1", "a:2", "a:3", ())
    text = target.files(target.Context(tmp_path, tmp_path, "192.0.2.10", 3306, member))[target.NOTICE]
    (tmp_path / "notice.sh").write_text(text)

    def told(*words: str) -> str | None:
        subprocess.run(["sh", str(tmp_path / "notice.sh"), *words], check=True)
        kept = tmp_path / memberstart.TOGETHER
        return kept.read_text() if kept.exists() else None

    view = ("--status", "synced", "--primary", "yes", "--members", "a/antwerp/192.0.2.10:3306,b/bruges/")
    assert told(*view) == " ".join(view) + "\n"
    assert told("--status", "donor") is not None
    assert told("--status", "disconnecting", "--primary", "no", "--members", "a/antwerp/192.0.2.10:3306") is not None
    assert told("--status", "synced", "--primary", "no", "--members", "a/antwerp/192.0.2.10:3306") is None


def test_the_script_of_a_witness_is_one_a_shell_takes(tmp_path: Path) -> None:
    ensure_authority(tmp_path)
    text = script(BRUGES, (ANTWERP, GHENT), issue_for(tmp_path, BRUGES.name, (BRUGES.address,)))
    assert "address = gcomm://192.0.2.10:4567,192.0.2.11:4567\n" in text
    assert "gmcast.listen_addr=ssl://192.0.2.12:4567" in text
    assert "@" not in text
    file = tmp_path / "witness.sh"
    file.write_text(text)
    subprocess.run(["sh", "-n", file], check=True, env=dict(os.environ))


def test_who_was_overtaken_writes_again() -> None:
    tries = []

    @repeated
    def writes(name: str) -> str:
        tries.append(name)
        if len(tries) < 3:
            raise Overtaken("truth", "somebody else is changing this system just now; try again.")
        return name

    assert writes("alice") == "alice"
    assert tries == ["alice"] * 3


def test_every_use_case_that_writes_is_repeated() -> None:
    once = []
    for module in pkgutil.iter_modules(provisioning.__path__, f"{provisioning.__name__}."):
        for name, function in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction):
            if function.__module__ == module.name and not hasattr(function, "__wrapped__"):
                once += [f"{module.name}.{name}"] if "with writing(" in inspect.getsource(function) else []
    assert once == []


def test_who_is_overtaken_each_time_is_told() -> None:
    @repeated
    def writes() -> None:
        raise Overtaken("truth", "somebody else is changing this system just now; try again.")

    with pytest.raises(Refused, match=r"^truth: somebody else"):
        writes()
