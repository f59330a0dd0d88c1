"""A node that comes or goes is known to all that runs: whatever is told something else by then is restarted."""

from __future__ import annotations

from dataclasses import replace

from carillon.confgen.system import System
from carillon.confgen.targets import engines, target
from carillon.supervision.reconfigure import RESTARTED


def test_all_that_is_told_of_other_nodes_is_restarted_when_one_comes(system: System) -> None:
    system.paths.node.write_text("node1\n")
    two, three = (
        replace(system.node, name=name, address=at) for name, at in (("two", "10.0.0.2"), ("three", "10.0.0.3"))
    )
    alone, pair, more = (replace(system, siblings=others) for others in ((), (two,), (two, three)))
    for before, after in ((alone, pair), (pair, more)):
        told = {name for name in engines(system.paths) if rendered(name, before) != rendered(name, after)}
        assert "siblings" in told
        assert told <= set(RESTARTED)


def rendered(name: str, system: System) -> dict[str, str]:
    """The files of a target."""
    wanted = target(name)
    return dict(wanted.files(wanted.context(system)))
