"""Messages that are kept at a branch: by itself while its link is cut, and at headquarters, too, when it is healed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.lab.cluster import DOMAIN, Machine
from tests.lab.known import comes_true
from tests.lab.prefix import prefix
from tests.live.branch import Branch
from tests.live.test_messages import reads, writes

from carillon.messages.turns import Turn
from carillon.stores.kept import Kept

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]

CAROL = f"201@{DOMAIN}"


@pytest.fixture(scope="module")
def branch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with Branch.open(prefix("mb-"), Path(tmp_path_factory.mktemp("drills"))) as branch:
        yield branch


def waits(machine: Machine) -> bool:
    """Whether a machine has something for Carol, its own or a copy."""
    everything = Turn(own=True, all_but=frozenset())
    return CAROL in Kept(machine.paths.messages, "none").waiting(time.time() + 3600, everything)


def test_what_was_kept_during_a_cut_outlives_the_branch(branch: Branch) -> None:
    dave = branch.phone("202")
    with branch.cut_off():
        assert writes(dave, f"sip:{CAROL}", "kept at the branch").code == 202
        assert not waits(branch.one)
    assert comes_true(lambda: waits(branch.one), 60), "headquarters have a copy"
    for pid in branch.network.processes(branch.two.host):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    try:
        carol = branch.phone("201", at=branch.one)
        assert reads(carol, 60).body == "kept at the branch"
        carol.register(expires=0)
    finally:
        branch.two.does("up")
    assert comes_true(lambda: not waits(branch.two), 60), "the branch has heard that she has read it"
    assert writes(dave, f"sip:{CAROL}", "later").code == 202
    assert reads(branch.phone("201"), 60).body == "later"
