"""How often a worker looks at its directory for one message: pinned, because each look costs a call."""

from __future__ import annotations

from tests.truth.terminal import Terminal

from carillon.stores.directory import DirectoryReader


def statements_of(worker: DirectoryReader) -> list[str]:
    """What SQLite is asked from now on."""
    asked: list[str] = []
    worker.domains()  # opened, and its small tables read
    assert worker._connection is not None
    worker._connection.set_trace_callback(asked.append)
    return asked


def test_one_look_answers_for_all_small_tables_of_a_message(carillon: Terminal, worker: DirectoryReader) -> None:
    asked = statements_of(worker)
    worker.renew()
    worker.domains(), worker.trunks(), worker.outbound("example.org"), worker.schedules(), worker.caller_lists()
    assert asked == ["PRAGMA data_version"]


def test_a_message_that_asks_for_none_of_them_costs_no_look(carillon: Terminal, worker: DirectoryReader) -> None:
    asked = statements_of(worker)
    worker.renew()
    assert asked == []


def test_the_next_message_sees_what_has_changed(carillon: Terminal, worker: DirectoryReader) -> None:
    worker.renew()
    assert list(worker.domains()) == ["example.org"]
    carillon.done("domain", "add", "b.org")
    worker.renew()
    assert sorted(worker.domains()) == ["b.org", "example.org"]
