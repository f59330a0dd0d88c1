"""A new secret for a system of one node; and what goes on as before: the demo, backups, the parts of a machine."""

from __future__ import annotations

import os
import pwd
import time
from pathlib import Path

import pytest

from carillon.confgen.asterisk.manager import manager_secret, services_key
from carillon.model.refused import Refused
from carillon.provisioning import changes
from carillon.provisioning.system import create_system, open_truth
from carillon.sip.seal import Secrets
from carillon.stores import secretfiles
from carillon.stores.secretfiles import ensure_local_key, lay, place, ring_of
from carillon.stores.secretring import FIRST, KEPT_S, Ring
from carillon.supervision import restore as restoring
from carillon.supervision import secretrenewal, secrettaking
from carillon.supervision.backup import back_up
from carillon.supervision.demo import credentials, ensure_demo
from carillon.supervision.restore import restore
from carillon.supervision.secretrenewal import renew
from carillon.system.paths import SystemPaths


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root and the service user are whoever runs the tests."""
    own = pwd.getpwuid(os.getuid()).pw_name
    monkeypatch.setattr(secretrenewal, "require_root", lambda: None)
    monkeypatch.setattr(secretfiles, "SERVICE_USER", own)
    monkeypatch.setattr(restoring, "SERVICE_USER", own)


@pytest.fixture
def paths(tmp_path: Path) -> SystemPaths:
    """A system of one node, whose workers have its secret."""
    paths = SystemPaths(tmp_path / "office", tmp_path / "run")
    create_system(paths.directory, "example.org", "127.0.0.1")
    paths.run.mkdir(parents=True)
    lay(paths, ring_of(paths))
    return paths


def test_a_node_alone_gets_a_new_one_at_once(paths: SystemPaths) -> None:
    before = paths.secret.read_bytes()
    done = renew(paths, "ann")
    assert (done.have, done.later) == (("node1",), ())
    now = Ring.read(paths.run_secrets).secrets(time.time())
    assert (now.current, now.others) == (paths.secret.read_bytes(), (before,))
    assert now.current != before
    assert ring_of(paths).secrets(time.time() + KEPT_S) == Secrets(now.current)
    assert changes.listing(open_truth(paths), 1)[0].who == "ann"


def test_the_former_one_is_forgotten_at_once_where_that_is_wished(paths: SystemPaths) -> None:
    renew(paths, "ann", at_once=True)
    assert Ring.read(paths.run_secrets).secrets(time.time()) == Secrets(paths.secret.read_bytes())


def test_what_another_main_has_is_taken_once(paths: SystemPaths) -> None:
    newer = ring_of(paths).offered(7, b"n" * 32, time.time()).sealing(time.time())
    assert secrettaking._take(paths, newer)
    assert Ring.read(paths.run_secrets).version == ring_of(paths).version == (7, 2)
    assert not secrettaking._take(paths, newer)
    assert not secrettaking._take(paths, Ring(FIRST, b"x" * 32)), "an older one is never taken"
    assert ring_of(paths).current == b"n" * 32


def test_two_who_renew_at_once_end_with_one(paths: SystemPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another administrator's came meanwhile, by another main: that counts on all."""
    theirs = Ring((99, 1), b"t" * 32)
    monkeypatch.setattr(secretrenewal, "_await", lambda *_: place(paths, theirs))
    with pytest.raises(Refused, match="somebody else renews it, too"):
        renew(paths, "ann")
    assert ring_of(paths) == theirs


def test_the_parts_of_a_machine_know_each_other_as_before(paths: SystemPaths) -> None:
    """Asterisk's passwords are of this machine's own key: no theft elsewhere tells them, no renewal changes them."""
    ensure_local_key(paths)
    before = manager_secret(paths), services_key(paths)
    renew(paths, "ann")
    ensure_local_key(paths)
    assert (manager_secret(paths), services_key(paths)) == before
    assert before[0] != before[1]
    assert paths.local_key.stat().st_mode & 0o777 == 0o600


def test_people_of_the_demo_keep_their_passwords(tmp_path: Path) -> None:
    demo = SystemPaths(tmp_path / "demo", tmp_path / "run")
    ensure_demo(demo)
    before = credentials(demo)["people"]
    renew(demo, "ann")
    ensure_demo(demo)
    assert credentials(demo)["people"] == before != []
    back_up(demo, tmp_path / "demo.tar.gz")
    again = SystemPaths(tmp_path / "again", tmp_path / "run-again")
    restore(again, tmp_path / "demo.tar.gz")
    assert credentials(again)["people"] == before


def test_a_backup_holds_the_secret_of_now(paths: SystemPaths, tmp_path: Path) -> None:
    renew(paths, "ann")
    back_up(paths, tmp_path / "office.tar.gz")
    again = SystemPaths(tmp_path / "again", tmp_path / "run-again")
    restore(again, tmp_path / "office.tar.gz")
    assert ring_of(again) == Ring(FIRST, paths.secret.read_bytes())
    assert renew(again, "ann").ring.version > FIRST
