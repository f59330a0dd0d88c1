"""How trunks are, as administrators and Prometheus read it."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from carillon.collector.trunkfigures import TrunkFigures
from carillon.supervision.trunkreports import report, reports
from carillon.system.paths import SystemPaths
from carillon.trunks import states
from carillon.trunks.states import Health, TrunkState

DOMAIN = "example.org"
HELD, LOST, PLAIN = (DOMAIN, "held"), (DOMAIN, "lost"), (DOMAIN, "plain")


@pytest.fixture
def paths(tmp_path: Path) -> SystemPaths:
    """A system with three trunks, one of which lost its registration."""
    found = SystemPaths(tmp_path / "system", tmp_path / "run")
    found.run.mkdir(parents=True)
    found.logs.mkdir(parents=True)
    known = {
        HELD: TrunkState(Health.UP, 1_800_000_000, True, 1_800_000_000),
        LOST: TrunkState(Health.DOWN, 1_800_000_000, False, 1_800_000_100),
        PLAIN: TrunkState(Health.NOT_PROBED, 1_800_000_000),
    }
    states.write(found.trunk_states, known)
    return found


@pytest.mark.parametrize(
    ("logged", "words"),
    [
        ("", "not registered"),
        ("got sip response 403 while registering [lost.example.org]", "refused: 403"),
        ("got sip response 408 while registering [lost.example.org]", "no answer"),
        ("authentication failed for <lost.example.org>", "refused: wrong password"),
        ("got sip response 403 while registering [another.example.org]", "not registered"),
    ],
)
def test_why_a_trunk_is_not_registered(paths: SystemPaths, logged: str, words: str) -> None:
    paths.logs.joinpath("kamailio.log").write_text(f" 4(11) ERROR: uac [uac_reg.c:100]: callback(): {logged}\n")
    found = reports(paths)
    assert (found[LOST].state, found[LOST].registration) == ("down", words)
    assert (found[HELD].registration, found[PLAIN].registration, found[PLAIN].state) == ("registered", "", "not probed")


def test_the_last_word_counts(paths: SystemPaths) -> None:
    lines = (
        "got sip response 403 while registering [lost.example.org]",
        "authentication failed for <lost.example.org>",
    )
    paths.logs.joinpath("kamailio.log").write_text("\n".join(lines))
    assert reports(paths)[LOST].registration == "refused: wrong password"


def test_nothing_is_known_of_a_system_that_is_stopped(tmp_path: Path) -> None:
    found = reports(SystemPaths(tmp_path / "system", tmp_path / "run"))
    assert found == {}
    assert report(found, HELD).state == "not in use"


def test_figures(paths: SystemPaths) -> None:
    registry = CollectorRegistry()
    registry.register(TrunkFigures("carillon", paths.trunk_states))
    text = generate_latest(registry).decode()
    assert 'carillon_trunk_up{domain="example.org",trunk="held"} 1.0' in text
    assert 'carillon_trunk_up{domain="example.org",trunk="lost"} 0.0' in text
    assert 'carillon_trunk_registered{domain="example.org",trunk="lost"} 0.0' in text
    assert "plain" not in text
