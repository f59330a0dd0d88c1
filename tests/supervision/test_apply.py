"""A configuration that a component refuses never comes into force."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from tests.supervision.installation import Installation

from carillon.confgen import apply as applying
from carillon.confgen import asterisk, kamailio, redis
from carillon.confgen.system import System
from carillon.confgen.targets import Target
from carillon.model.refused import Refused
from carillon.supervision.prepare import lay_out, load_system
from carillon.supervision.stop import remove_run

pytestmark = pytest.mark.engines


@pytest.fixture
def configured(office: Installation) -> Iterator[System]:
    """A system whose configuration is in force, though nothing runs."""
    system = load_system(office.paths)
    lay_out(system)
    applying.apply(system)
    yield system
    remove_run(office.paths)


def test_the_same_again_changes_nothing(configured: System) -> None:
    assert applying.apply(configured).changed == ()
    assert len(list(configured.paths.history.iterdir())) == 1


def test_two_who_apply_at_once_do_it_one_after_the_other(configured: System) -> None:
    """A command that adds a node, and the follower that hears of the one before."""
    others = [
        replace(configured, node=replace(configured.node, rtp_start=start))
        for start in range(configured.node.rtp_start - 8, configured.node.rtp_start, 2)
    ]
    with ThreadPoolExecutor(len(others)) as threads:
        applied = [*threads.map(applying.apply, others)]
    assert all(one.changed for one in applied)
    assert not (configured.paths.run / "staged").exists()


def test_the_key_is_closed_and_never_kept_in_the_history(configured: System) -> None:
    assert (configured.paths.run_tls / "key.pem").stat().st_mode & 0o777 == 0o600
    assert (configured.paths.tls / "key.pem").stat().st_mode & 0o777 == 0o600
    assert list(configured.paths.history.rglob("certificate.pem"))
    assert not list(configured.paths.history.rglob("key.pem"))


@pytest.mark.parametrize(
    ("module", "file", "nonsense", "words"),
    [
        (kamailio, "kamailio.cfg", "no_such_setting=1", "syntax error"),
        (redis, "redis.conf", "no-such-setting 1", "no-such-setting"),
        (asterisk, "modules.conf", "load = no_such_module.so", "no_such_module"),
    ],
)
def test_a_refused_configuration_leaves_the_old_one(
    configured: System,
    monkeypatch: pytest.MonkeyPatch,
    module: Target,
    file: str,
    nonsense: str,
    words: str,
) -> None:
    sound = module.files

    def broken(context: object) -> dict[str, str]:
        files = sound(context)
        return {**files, file: f"{files[file]}\n{nonsense}\n"}

    monkeypatch.setattr(module, "files", broken)
    in_force = configured.paths.run / module.NAME / file
    before = in_force.read_text()
    with pytest.raises(Refused) as refused:
        applying.apply(configured)
    assert refused.value.field == module.NAME
    assert words in refused.value.sentence
    assert file in refused.value.sentence
    assert in_force.read_text() == before
    assert not (configured.paths.run / "staged").exists()


def test_a_broken_certificate_is_named(office: Installation) -> None:
    office.paths.tls.mkdir()
    for name in ("certificate.pem", "key.pem"):
        (office.paths.tls / name).write_text("nonsense")
    done = office.carillon("up")
    assert done.returncode == 1
    assert done.stderr.startswith("tls: certificate: ")
    assert not office.paths.run.exists()
    shutil.rmtree(office.paths.tls)


def test_the_directory_of_a_system_shows_nothing_to_others(configured: System) -> None:
    open_to_others: list[Path] = [
        path
        for path in (configured.paths.truth, configured.paths.secret, configured.paths.history)
        if path.stat().st_mode & 0o077
    ]
    assert open_to_others == []
