"""Systems and engines for the tests of supervision; whatever a test leaves behind is ended here."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.supervision.installation import Installation, own_address, until
from tests.supervision.proxy import Proxy

from carillon.confgen import asterisk
from carillon.confgen.system import System
from carillon.model.node import Node
from carillon.system.paths import SERVICE_USER, SystemPaths


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Installation]:
    """A system that is made and not started."""
    office = Installation(tmp_path / "office", own_address())
    office.create()
    yield office
    office.remove()


@pytest.fixture
def running(office: Installation) -> Installation:
    """A system that runs."""
    office.up()
    return office


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A running system for several tests, each of which leaves it running."""
    shared = Installation(tmp_path_factory.mktemp("shared") / "office", own_address())
    shared.create()
    shared.up()
    yield shared
    shared.remove()


@pytest.fixture
def system(tmp_path: Path) -> System:
    """What targets render from, with nothing on disk but its secret."""
    SystemPaths.of(tmp_path).secret.write_bytes(b"s" * 32)
    node = Node("node1", "carillon.test", own_address())
    return System(node, ("carillon.test",), SystemPaths.of(tmp_path), tmp_path / "code", tmp_path / "python")


@pytest.fixture(scope="module")
def gateway() -> Iterator[tuple[str, Path]]:
    """An Asterisk with our configuration and nothing else: its address and its log."""
    address = own_address()
    home = Path(tempfile.mkdtemp(prefix="carillon-gateway-"))
    home.chmod(0o755)
    node = Node("node1", "carillon.test", address)
    paths = SystemPaths(home)
    context = replace(asterisk.context(System(node, (node.default_domain,), paths, home, home)), run=home / "asterisk")
    _lay_out(context.run, asterisk.files(context))
    with _started(context, home / "log") as log:
        yield address, log
    shutil.rmtree(home)


@pytest.fixture
def proxy(gateway: tuple[str, Path]) -> Iterator[Proxy]:
    """Somebody in Kamailio's place."""
    with Proxy(gateway[0]) as proxy:
        yield proxy


def _lay_out(run: Path, files: dict[str, str]) -> None:
    service = pwd.getpwnam(SERVICE_USER)
    for directory in (run, run / "spool", run / "log"):
        directory.mkdir()
        os.chown(directory, service.pw_uid, service.pw_gid)
    for name, text in files.items():
        (run / name).write_text(text)


class _started:
    """Asterisk as the service user, while the block lasts."""

    def __init__(self, context: asterisk.Context, log: Path) -> None:
        self.command, self.environment, self.log = (
            asterisk.command(context),
            asterisk.environment(context),
            log,
        )

    def __enter__(self) -> Path:
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                self.command,
                env={"PATH": "/usr/bin:/bin", **self.environment},
                user=SERVICE_USER,
                group=SERVICE_USER,
                extra_groups=[],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        until(lambda: "Asterisk Ready" in self.log.read_text(), "Asterisk boots")
        return self.log

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(10)
