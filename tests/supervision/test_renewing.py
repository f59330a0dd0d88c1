"""Certificates of nodes are renewed before they end, without any engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.supervision.test_authority import ONE, TWO, joined, shaken

from carillon.confgen.tls import authority
from carillon.confgen.tls.authority import (
    CERTIFICATE,
    KEY,
    NodeCertificate,
    ensure_authority,
    granted,
    issue,
    keep,
    problem,
    renew_authority,
    request,
    settle,
)
from carillon.confgen.tls.renewing import is_authority_due, is_due, read, words
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.provisioning.system import create_system, load_node
from carillon.supervision import joinkeys, nodecertificate
from carillon.system.paths import SystemPaths

NOW = datetime.now(UTC)


def ending(home: Path, node: Node, days: float, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of a node whose certificate ends in so many days."""
    ensure_authority(home)
    monkeypatch.setattr(authority, "LIFETIME", timedelta(days=days))
    place = joined(home / node.name, issue(home, node))
    monkeypatch.undo()
    return place


@pytest.mark.parametrize(("days", "due"), [(364, True), (366, False), (-0.5, True)])
def test_a_certificate_is_due_a_year_before_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: float, due: bool
) -> None:
    assert is_due(ending(tmp_path, ONE, days, monkeypatch), ONE, NOW) is due


def test_a_node_that_has_another_address_gets_another_certificate(tmp_path: Path) -> None:
    ensure_authority(tmp_path)
    place = joined(tmp_path / "one", issue(tmp_path, ONE))
    assert not is_due(place, ONE, NOW)
    assert is_due(place, Node("n1", "example.org", "192.0.2.9"), NOW)


def test_what_was_signed_before_is_good_under_the_authoritys_next_certificate(tmp_path: Path) -> None:
    """And the other way: nodes need not renew at the same moment."""
    ensure_authority(tmp_path)
    one, two = joined(tmp_path / "one", issue(tmp_path, ONE)), joined(tmp_path / "two", issue(tmp_path, TWO))
    before = (tmp_path / "ca.pem").read_text()
    renew_authority(tmp_path)
    assert (tmp_path / "ca.pem").read_text() != before
    keep(two, issue(tmp_path, TWO))
    assert (shaken(one, two), shaken(two, one)) == ("n1", "n2")


def test_a_satellite_gets_a_certificate_for_its_own_name_and_key_only(tmp_path: Path) -> None:
    ensure_authority(tmp_path)
    key, wish = request("n1")
    root, certificate = granted(tmp_path, ONE, wish)
    assert problem(root, certificate, key, "n1") == ""
    with pytest.raises(Refused, match="is for n1, and n2 asks"):
        granted(tmp_path, TWO, wish)
    with pytest.raises(Refused, match="is no PEM certificate request"):
        granted(tmp_path, ONE, "nonsense")


def test_a_clock_that_is_years_ahead_makes_no_certificate_of_the_future(tmp_path: Path) -> None:
    ensure_authority(tmp_path)
    place = joined(tmp_path / "one", issue(tmp_path, ONE))
    authority_begins, own = read(tmp_path, "ca.pem"), read(place)
    assert authority_begins is not None
    assert own is not None
    assert own.begins == authority_begins.begins < NOW


@pytest.mark.parametrize("reached", ["key", "both", "key is in place"])
def test_a_crash_while_a_certificate_is_kept_leaves_a_pair(tmp_path: Path, reached: str) -> None:
    ensure_authority(tmp_path)
    old, new = issue(tmp_path, ONE), issue(tmp_path, ONE)
    place = joined(tmp_path / "one", old)
    (place / f"{KEY}.new").write_text(new.key)
    if reached != "key":
        (place / f"{CERTIFICATE}.new").write_text(new.certificate)
    if reached == "key is in place":
        (place / f"{KEY}.new").replace(place / KEY)
    settle(place)
    kept = NodeCertificate(old.authority, (place / CERTIFICATE).read_text(), (place / KEY).read_text())
    assert kept == (new if reached == "key is in place" else old)
    assert not [*place.glob("*.new")]


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SystemPaths:
    """A main whose certificate ends in a month."""
    paths = SystemPaths(tmp_path / "office", tmp_path / "run")
    create_system(paths.directory, "example.org", "127.0.0.1")
    ensure_authority(paths.cluster)
    paths.follower_report.parent.mkdir(parents=True)
    monkeypatch.setattr(authority, "LIFETIME", timedelta(days=30.5))
    keep(paths.cluster, issue(paths.cluster, load_node(paths)))
    monkeypatch.undo()
    return paths


def test_a_main_renews_its_own(paths: SystemPaths) -> None:
    assert "ends in 30 days, and could not be renewed yet" in words(paths.cluster)
    assert nodecertificate.look(paths)
    assert words(paths.cluster) == ""
    assert not nodecertificate.look(paths)


def test_a_main_renews_its_authority_too(paths: SystemPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authority, "LIFETIME", timedelta(days=30.5))
    renew_authority(paths.cluster)
    monkeypatch.undo()
    assert is_authority_due(paths.cluster, NOW)
    assert nodecertificate.look(paths)
    assert not is_authority_due(paths.cluster, NOW)
    assert words(paths.cluster) == ""


def test_while_a_key_is_out_that_names_the_certificate_it_stays(paths: SystemPaths) -> None:
    joinkeys.offer(paths, "ghent", "127.0.0.1:5066", "0" * 64)
    assert not nodecertificate.look(paths)


def test_why_it_is_not_renewed_is_said(paths: SystemPaths) -> None:
    (paths.cluster / "ca.key").write_text("nonsense")
    assert not nodecertificate.look(paths)
    why = paths.unrenewed.read_text()
    assert "holds no authority that can sign" in why
    assert f"ends in 30 days, and could not be renewed yet ({why})" in words(paths.cluster, why)
