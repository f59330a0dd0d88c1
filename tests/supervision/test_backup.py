"""Backups: what is in one, and which files are refused, without any engine."""

from __future__ import annotations

import io
import json
import os
import pwd
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from carillon.model.refused import Refused
from carillon.provisioning import devices, numbers, outbounds, trunks, users
from carillon.provisioning.system import create_system, open_truth
from carillon.provisioning.trunkkey import TrunkKey
from carillon.provisioning.trunks import TrunkFields
from carillon.stores.mailboxes import Mail, Mailboxes
from carillon.supervision import restore as restoring
from carillon.supervision.backup import back_up
from carillon.supervision.restore import restore
from carillon.system import paths as places
from carillon.system.paths import SystemPaths

WHO, TRUNK_PASSWORD = "ann", "swordfish-of-the-provider"
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def office(tmp_path: Path) -> SystemPaths:
    """A system with a person, a phone, a number and a trunk, which never started."""
    paths = SystemPaths(tmp_path / "office", tmp_path / "run")
    create_system(paths.directory, "example.org", "127.0.0.1")
    truth = open_truth(paths)
    users.add(truth, WHO, "101", "Alice Martin")
    devices.add(truth, WHO, "alice", "101", "correct-horse")
    numbers.add(truth, WHO, "+3225551234", "101")
    fields = TrunkFields(address="192.0.2.1", register_as="acc1")
    trunks.add(truth, WHO, TrunkKey.of(paths), "provider", fields, TRUNK_PASSWORD)
    outbounds.add(truth, WHO, "", "provider")
    return paths


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service user is whoever runs the tests: no package has made one."""
    monkeypatch.setattr(restoring, "SERVICE_USER", pwd.getpwuid(os.getuid()).pw_name)


@pytest.fixture
def empty(tmp_path: Path) -> SystemPaths:
    """A place for a system."""
    return SystemPaths(tmp_path / "again", tmp_path / "run")


def test_voice_messages_are_in_the_backup(
    office: SystemPaths, empty: SystemPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "LASTING_ROOT", tmp_path / "lasting")
    store = Mailboxes(office.voicemail)
    draft = store.begin("example.org", "101", "102", "Bob")
    store.draft_sound(draft).write_bytes(bytes(44) + b"sound" * 10000)
    left = store.deliver(draft, Mail(), 1)
    being_left = store.begin("example.org", "101", "103", "Carol")
    assert left is not None
    back_up(office, tmp_path / "office.tar.gz")
    restore(empty, tmp_path / "office.tar.gz")
    (back,) = Mailboxes(empty.voicemail).everything()
    assert back == left
    assert Mailboxes(empty.voicemail).sound(back).read_bytes() == store.sound(left).read_bytes()
    assert being_left.id not in str(list(empty.voicemail.rglob("*")))


def test_the_same_system_comes_back(office: SystemPaths, empty: SystemPaths, tmp_path: Path) -> None:
    file = tmp_path / "office.tar.gz"
    seen: list[tuple[int, int]] = []
    made = back_up(office, file, lambda done, total: seen.append((done, total)))
    assert file.stat().st_mode & 0o777 == 0o600
    assert seen[-1][0] == seen[-1][1] > 0
    assert TRUNK_PASSWORD.encode() not in file.read_bytes()
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".office")] == []

    assert restore(empty, file) == made
    before, after = open_truth(office), open_truth(empty)
    assert devices.listing(after) == devices.listing(before)
    assert numbers.listing(after) == numbers.listing(before)
    assert trunks.passwords(after, TrunkKey.of(empty)) == {("example.org", "provider"): TRUNK_PASSWORD}
    assert empty.secret.read_bytes() == office.secret.read_bytes()
    closed = [empty.truth, empty.secret, empty.directory / "trunk.key"]
    assert [each.stat().st_mode & 0o777 for each in closed] == [0o600] * 3
    assert not (empty.directory / ".restoring").exists()


def test_nothing_is_overwritten(office: SystemPaths, empty: SystemPaths, tmp_path: Path) -> None:
    file = tmp_path / "office.tar.gz"
    back_up(office, file)
    with pytest.raises(Refused, match=r"file: .* exists already"):
        back_up(office, file)
    with pytest.raises(Refused, match=r"dir: .* isn't empty"):
        restore(office, file)
    empty.run.mkdir(parents=True)
    with pytest.raises(Refused, match=r"dir: a system of .* runs"):
        restore(empty, file)


def test_without_the_service_user_root_is_told_so_first(
    office: SystemPaths, empty: SystemPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "office.tar.gz"
    back_up(office, file)
    monkeypatch.setattr(restoring, "SERVICE_USER", "nobody-of-this-name")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(Refused, match=r"^user: there is no user nobody-of-this-name"):
        restore(empty, file)
    assert not empty.directory.exists()


def test_what_is_no_backup_is_refused_and_leaves_nothing(
    office: SystemPaths, empty: SystemPaths, tmp_path: Path
) -> None:
    file = tmp_path / "office.tar.gz"
    back_up(office, file)
    whole = file.read_bytes()
    for content in (b"", b"nonsense", whole[: len(whole) // 2], whole[:100]):
        file.write_bytes(content)
        _refused(empty, file, "is no whole backup")
    with pytest.raises(Refused, match="can't be read"):
        restore(empty, tmp_path / "nowhere")


def test_a_newer_one_is_refused_with_its_version(
    office: SystemPaths, empty: SystemPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "office.tar.gz"
    back_up(office, file)
    _repack(file, lambda manifest: manifest.update(format=2, version="9.0"))
    _refused(empty, file, r"was made by a newer version \(9.0\)")
    _repack(file, lambda manifest: manifest.update(format=1))
    monkeypatch.setattr(restoring, "HEAD", "0000")
    _refused(empty, file, "was made by a newer version")


def test_no_path_of_an_archive_is_followed(office: SystemPaths, empty: SystemPaths, tmp_path: Path) -> None:
    file = tmp_path / "office.tar.gz"
    back_up(office, file)
    whole = file.read_bytes()
    for name in ("../outside", "/tmp/outside", "tls/../../outside"):
        file.write_bytes(whole)
        _repack(
            file, lambda manifest, name=name: manifest["files"].update({name: manifest["files"]["secret.key"]}), name
        )
        _refused(empty, file, "doesn't belong in it")
    file.write_bytes(whole)
    _repack(file, lambda manifest: None, link=True)
    _refused(empty, file, "doesn't belong in it")


def test_a_changed_file_is_noticed(office: SystemPaths, empty: SystemPaths, tmp_path: Path) -> None:
    file = tmp_path / "office.tar.gz"
    back_up(office, file)
    _repack(file, lambda manifest: manifest["files"]["secret.key"].update(sha256="0" * 64))
    _refused(empty, file, "secret.key isn't as it was")


def _refused(empty: SystemPaths, file: Path, words: str) -> None:
    with pytest.raises(Refused, match=f"^file: .*{words}") as refused:
        restore(empty, file)
    assert not empty.directory.exists(), refused.value
    assert sorted(file.parent.glob("outside*")) == []


def _repack(file: Path, change: Change, further: str = "", link: bool = False) -> None:
    """The same archive with another manifest, with `further` (a copy of the secret), with a link for the secret."""
    with tarfile.open(file) as old:
        parts = [(member, old.extractfile(member).read()) for member in old]  # type: ignore[union-attr]
    manifest = json.loads(parts[0][1])
    change(manifest)
    with tarfile.open(file, "w:gz") as new:
        _add(new, "manifest.json", json.dumps(manifest).encode())
        for member, content in parts[1:]:
            if link and member.name == "secret.key":
                member.type, member.linkname, member.size = tarfile.SYMTYPE, "/etc/hostname", 0
                new.addfile(member)
                continue
            _add(new, member.name, content)
            if further and member.name == "secret.key":
                _add(new, further, content)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
