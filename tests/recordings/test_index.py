"""The index of recordings belongs to who writes it, whoever looks first."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from carillon.recordings.index import FILE, Index
from carillon.system.paths import SERVICE_USER


@pytest.mark.engines  # needs root
def test_an_administrator_who_looks_first_does_not_take_it(tmp_path: Path) -> None:
    service = pwd.getpwnam(SERVICE_USER)
    os.chown(tmp_path, service.pw_uid, service.pw_gid)
    assert Index(tmp_path).listing() == []
    index = (tmp_path / FILE).stat()
    assert (index.st_uid, index.st_mode & 0o777) == (service.pw_uid, 0o600)
