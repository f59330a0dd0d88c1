"""`config` on a running system: a generation of the past comes back, a bad one doesn't."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator

import pytest
from tests.supervision.installation import Installation

from carillon.confgen import history
from carillon.model.refused import Refused
from carillon.provisioning.system import load_node
from carillon.supervision import rollback
from carillon.supervision.start import await_healthy

pytestmark = pytest.mark.engines


@pytest.fixture
def first(shared: Installation) -> Iterator[Installation]:
    """A running system with the configuration that it started with."""
    yield shared
    assert shared.carillon("config", "rollback", "1").returncode == 0


def _kept(office: Installation, target: str, file: str, change: Callable[[str], str]) -> int:
    """As if this had been in force: a generation that differs from the first in one file. Returns its number."""
    texts = history.generation(office.paths.history, 1)
    texts[target][file] = change(texts[target][file])
    return int(history.keep(office.paths.history, texts).name.partition("-")[0])


def _pids(office: Installation) -> dict[str, int]:
    return {one["name"]: one["pid"] for one in office.status()["components"]}


def _diff(office: Installation) -> dict[str, object]:
    answer: dict[str, object] = json.loads(office.carillon("config", "diff", "--json").stdout)
    return answer


def test_what_is_in_force_is_what_a_start_would_make(first: Installation) -> None:
    assert _diff(first) == {"changed": [], "diff": ""}
    checked = json.loads(first.carillon("config", "check", "--json").stdout)
    assert {row["component"]: row["accepted"] for row in checked} == dict.fromkeys(
        ("redis", "rtpengine", "asterisk", "presence", "kamailio", "nameserver", "supervisor"), True
    )
    assert not list(first.paths.run_root.glob("check-*"))


def test_a_generation_comes_back_and_only_what_it_changes_is_restarted(first: Installation) -> None:
    number, before = _kept(first, "redis", "redis.conf", lambda text: f"{text}\nmaxclients 999\n"), _pids(first)
    done = first.carillon("config", "rollback", str(number), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"id": number, "changed": ["redis"]}
    assert "maxclients 999" in (first.paths.run_redis / "redis.conf").read_text()
    after = _pids(first)
    assert [name for name in before if before[name] != after[name]] == ["redis"]
    assert "-maxclients 999" in str(_diff(first)["diff"])
    listed = json.loads(first.carillon("config", "history", "--json").stdout)
    assert listed[-1]["id"] == number + 1


def test_a_generation_that_a_component_refuses_stays_out(first: Installation) -> None:
    number = _kept(first, "kamailio", "kamailio.cfg", lambda text: f"no_such_setting=1\n{text}")
    file, before = first.paths.run_kamailio / "kamailio.cfg", _pids(first)
    text = file.read_text()
    done = first.carillon("config", "rollback", str(number))
    assert done.returncode == 1
    assert done.stderr.startswith("kamailio: refuses ")
    assert (file.read_text(), _pids(first)) == (text, before)


def test_a_generation_that_does_not_work_is_taken_back(first: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollback, "await_healthy", functools.partial(await_healthy, patience_s=5))
    module = "-m carillon.collector.daemon"
    number = _kept(
        first,
        "supervisor",
        "supervisord.conf",
        lambda text: text.replace(module, "-c '__import__(\"time\").sleep(99)' "),
    )
    before = (first.paths.run / "supervisord.conf").read_text()
    assert module in before
    with pytest.raises(Refused, match="configuration from before is in force again"):
        rollback.roll_back(first.paths, number, lambda status: None)
    assert (first.paths.run / "supervisord.conf").read_text() == before
    await_healthy(first.paths, load_node(first.paths), lambda status: None)


def test_a_wrong_id_or_a_stopped_system_is_said(first: Installation, office: Installation) -> None:
    done = first.carillon("config", "rollback", "999")
    assert done.stderr.startswith("id: there is no generation 999")
    assert office.carillon("config", "rollback", "1").stderr.startswith("dir: the system doesn't run")
    stopped = office.carillon("config", "check")
    assert stopped.returncode == 0, stopped.stderr
    assert not office.paths.run.exists()
    assert "+++ redis/redis.conf" in office.carillon("config", "diff").stdout
