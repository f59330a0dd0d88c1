"""An administrator kills a part of the live system on purpose, and reads what people noticed."""

from __future__ import annotations

import json
import subprocess

import pytest
from tests.live.company import Company
from tests.live.talking import hangs_up, talk
from tests.worlds.building import COMMAND, NODE, Building

pytestmark = pytest.mark.engines


def drill(building: Building, *arguments: str, says: str | None = None) -> tuple[int, str, str]:
    """Run `carillon drill …`, and give this answer when it asks."""
    command = [str(COMMAND), "--dir", str(building.directory), "drill", *arguments]
    pipe = subprocess.PIPE
    with building.network.run(NODE, command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        output, error = process.communicate(says, timeout=110)
    return process.returncode, output, error


def test_calls_outlive_a_killed_kamailio_and_the_figures_say_so(company: Company) -> None:
    mine, theirs = talk(company.registered("101"), company.registered("102"))
    old = company.pid("kamailio")
    code, output, error = drill(company.building, "kill", "kamailio", "--yes", "--json")
    assert code == 0, error
    row = json.loads(output)
    assert (row["drill"], row["calls_after"]) == ("kamailio killed", row["calls_before"])
    assert row["registrations_after"] >= row["registrations_before"] >= 2
    assert 0 < row["phones_unanswered_s"] <= row["healthy_after_s"]
    assert company.pid("kamailio") != old
    hangs_up(mine, theirs)


def test_a_hung_component_is_found_and_started_anew(company: Company) -> None:
    old = company.pid("names")
    code, output, error = drill(company.building, "kill", "names", "--hang", "--yes", "--json")
    assert code == 0, error
    assert json.loads(output)["drill"] == "names hangs"
    assert company.pid("names") != old


def test_who_says_no_keeps_everything(company: Company) -> None:
    old = company.pid("redis")
    code, _, error = drill(company.building, "kill", "redis", says="n\n")
    assert code == 1
    assert error.startswith("Kill redis on node1?")
    assert company.pid("redis") == old


def test_a_component_that_there_is_not_is_refused(company: Company) -> None:
    code, _, error = drill(company.building, "kill", "apache", "--yes")
    assert code == 1
    assert error.startswith("component: apache doesn't run on this node; one of collector, redis, ")
