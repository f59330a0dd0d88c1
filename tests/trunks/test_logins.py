"""Passwords of trunks are opened when they have changed, not twice a second."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from carillon.stores import trunklogins
from carillon.stores.trunklogins import LoginReader, place

LINE = ("example.org", "line")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "truth.key"
    path.write_bytes(Fernet.generate_key())
    return path


def keeps(path: Path, key: Path, password: str) -> None:
    sealed = Fernet(key.read_bytes()).encrypt(password.encode()).decode()
    trunklogins.write(path, {LINE: ("us", sealed)}, key, os.geteuid())


def test_a_password_is_opened_once_until_it_changes(tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run" / "logins.json"
    path.parent.mkdir()
    opened = []
    decrypt = Fernet.decrypt

    def counted(self: Fernet, token: str) -> bytes:
        opened.append(token)
        return decrypt(self, token)

    monkeypatch.setattr(Fernet, "decrypt", counted)
    reader = LoginReader(path)
    assert reader.logins() == {}
    keeps(path, key, "first")
    assert [reader.logins()[LINE] for _ in range(5)] == [("us", "first")] * 5
    assert len(opened) == 1
    keeps(path, key, "second")
    assert reader.logins()[LINE] == ("us", "second")
    path.unlink()
    assert reader.logins() == {}


def test_a_command_and_the_follower_may_write_at_once(tmp_path: Path) -> None:
    file = tmp_path / "name-sources.json"
    contents = [str(number).encode() * 1000 for number in range(8)]
    with ThreadPoolExecutor(8) as writers:
        for _ in range(50):
            list(writers.map(lambda content: place(file, content, os.getuid()), contents))
            assert file.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [file]
