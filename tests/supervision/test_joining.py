"""The keys by which new nodes join: good once, for an hour, for one node and one version."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from carillon.confgen.tls.authority import ensure_authority
from carillon.model.refused import Refused
from carillon.provisioning import nodes, satellites, sites
from carillon.provisioning.system import create_system, load_node, open_truth
from carillon.stores.secretfiles import place, ring_of
from carillon.stores.sql.database import Database
from carillon.supervision import joinkeys, welcome
from carillon.supervision.joining import ask
from carillon.supervision.joinkeys import JoinKey, offer
from carillon.system.paths import SystemPaths


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SystemPaths:
    """A system whose node awaits another one, named ghent."""
    paths = SystemPaths(tmp_path / "office", tmp_path / "run")
    create_system(paths.directory, "example.org", "127.0.0.1")
    ensure_authority(paths.cluster)
    truth = open_truth(paths)
    nodes.add(truth, "me", replace(load_node(paths), name="ghent", address="127.0.0.2"))
    paths.node.write_text("node1")
    Database(("127.0.0.1:3306",), "carillon", "secret-of-the-database").write(paths.database)
    monkeypatch.setattr(welcome, "follow_truth", lambda _: truth)
    return paths


def asked(key: JoinKey, version: str = welcome.VERSION) -> dict[str, str]:
    return {"name": key.name, "secret": key.secret, "version": version}


def made(paths: SystemPaths) -> JoinKey:
    return offer(paths, "ghent", "127.0.0.1:5066", "0" * 64)


def test_a_key_is_good_once(paths: SystemPaths) -> None:
    key = JoinKey.parse(str(made(paths)))
    answer = welcome.welcome(paths, asked(key))
    assert (answer["node"]["name"], answer["node"]["address"]) == ("ghent", "127.0.0.2")
    assert answer["database"]["password"] == "secret-of-the-database"
    with pytest.raises(Refused, match="no node ghent is awaited: the key was used or is older than an hour"):
        welcome.welcome(paths, asked(key))
    assert not joinkeys.waiting(paths)


def test_a_new_node_accepts_what_the_others_do(paths: SystemPaths) -> None:
    place(paths, ring_of(paths).offered(7, b"n" * 32, 0).sealing(0))
    answer = welcome.welcome(paths, asked(made(paths)))
    assert b64decode(answer["secret"]) == b"n" * 32
    assert b64decode(answer["secrets"]) == paths.secrets.read_bytes()


def test_a_satellite_gets_neither_the_database_nor_the_key_that_signs_nodes(paths: SystemPaths) -> None:
    truth = welcome.follow_truth(paths)
    sites.add(truth, "me", "liege")
    nodes.add(truth, "me", satellites.planned(truth, nodes.all_nodes(truth)[1], "liege", "127.0.0.3"))
    answer = welcome.welcome(paths, asked(offer(paths, "liege", "127.0.0.1:5066", "0" * 64)))
    assert answer["node"]["role"] == "satellite"
    assert not {"database", "authority_key"} & answer.keys()
    assert "secret-of-the-database" not in str(answer)


def test_a_key_ends_after_an_hour(paths: SystemPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1_800_000_000.0)
    key = made(paths)
    monkeypatch.setattr("time.time", lambda: 1_800_003_601.0)
    assert not joinkeys.waiting(paths)
    with pytest.raises(Refused, match="was good for an hour, which is over"):
        welcome.welcome(paths, asked(key))


def test_a_wrong_key_is_refused_and_does_not_spoil_the_right_one(paths: SystemPaths) -> None:
    key = made(paths)
    with pytest.raises(Refused, match="isn't the one of ghent"):
        welcome.welcome(paths, asked(replace(key, secret="guessed")))
    with pytest.raises(Refused, match="no node paris is awaited: the key was used or is older than an hour"):
        welcome.welcome(paths, asked(replace(key, name="paris")))
    assert welcome.welcome(paths, asked(key))


def test_who_guesses_often_ends_the_key(paths: SystemPaths) -> None:
    key = made(paths)
    for _ in range(joinkeys.WRONG_GUESSES):
        with pytest.raises(Refused):
            welcome.welcome(paths, asked(replace(key, secret="guessed")))
    with pytest.raises(Refused, match="no node ghent is awaited"):
        welcome.welcome(paths, asked(key))


def test_a_newer_key_replaces_the_older_one(paths: SystemPaths) -> None:
    older, newer = made(paths), made(paths)
    with pytest.raises(Refused, match="isn't the one of ghent"):
        welcome.welcome(paths, asked(older))
    assert welcome.welcome(paths, asked(newer))


def test_another_version_is_refused_and_the_key_stays_good(paths: SystemPaths) -> None:
    key = made(paths)
    with pytest.raises(Refused, match=r"^version: the new node has Carillon 9.9 \(tables 9999\), and this one"):
        welcome.welcome(paths, asked(key, "9.9 (tables 9999)"))
    assert welcome.welcome(paths, asked(key))


def test_a_node_that_was_removed_meanwhile_does_not_join(paths: SystemPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    key = made(paths)
    truth: Engine = welcome.follow_truth(paths)
    nodes.remove(truth, "me", "ghent")
    with pytest.raises(Refused, match="the node ghent has been removed meanwhile"):
        welcome.welcome(paths, asked(key))


@pytest.mark.parametrize("text", ["", "something", "WyJhIl0", "bnVsbA", "WzEsMiwzLDRd"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="isn't a join key; copy all"):
        JoinKey.parse(text)


def test_a_node_that_does_not_answer_is_named() -> None:
    with pytest.raises(Refused, match=r"^key: 127\.0\.0\.1:9 doesn't answer"):
        ask(JoinKey("ghent", "127.0.0.1:9", "0" * 64, "x"))


def test_the_key_file_holds_no_secret(paths: SystemPaths) -> None:
    key = made(paths)
    file = paths.cluster / "join.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert key.secret not in file.read_text()
