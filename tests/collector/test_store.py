"""The store and the loop around it, without engines."""

from __future__ import annotations

import queue
import random
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.collector.talk import ALICE, BEGAN, BOB, IN, LEG, OUT, line, refused_call, request

from carillon.collector.daemon import Collector
from carillon.collector.inbox import settle
from carillon.collector.search import call_of, last_call
from carillon.collector.settings import Settings
from carillon.collector.store import CALLS, LIFE_S, OTHERS, Kept, Store, rows_where
from carillon.kamailio.tracer import Tracer
from carillon.routing.decision import Decision, Pass, Reply, TraceRow
from carillon.routing.memo import Leg, Memo
from carillon.stores.tracewire import short_id

MEMO = Memo(Leg.INBOUND, LEG, BOB, "Bob")
DECISION = Decision(Pass(), trace=(TraceRow("goes_on", "passed", "180 Ringing"),))


def _kept(number: int, at: float = BEGAN) -> Kept:
    return Kept(at + number, f"call-{number}", "", "inbound")


def _call_ids(path: Path) -> list[str]:
    return [row.call_id for row in rows_where(path, "1")]


@contextmanager
def _stored(path: Path, most_rows: dict[str, int] | None = None) -> Iterator[Store]:
    store = Store(path, most_rows)
    yield store
    store.close()


@contextmanager
def _collecting(directory: Path) -> Iterator[Collector]:
    """A collector at work, but for its metrics' HTTP."""
    done, begun = threading.Event(), queue.SimpleQueue[Collector]()

    def work() -> None:
        collector = Collector(
            Settings(directory / "trace.sock", directory / "traces.db", "127.0.0.1", 0, directory / "trunk-states.json")
        )
        begun.put(collector)
        while not done.is_set():
            collector.round()
        collector.close()

    working = threading.Thread(target=work)
    working.start()
    yield begun.get(timeout=10)
    done.set()
    working.join()


def test_the_oldest_go_when_there_are_too_many(tmp_path: Path) -> None:
    with _stored(tmp_path / "traces.db", {CALLS: 3, OTHERS: 2}) as store:
        store.write([(CALLS, _kept(number)) for number in range(5)])
        store.write([(OTHERS, _kept(number)) for number in range(10, 15)])
        store.forget(BEGAN)
        assert _call_ids(tmp_path / "traces.db") == ["call-2", "call-3", "call-4", "call-13", "call-14"]


def test_what_is_older_than_a_day_goes(tmp_path: Path) -> None:
    with _stored(tmp_path / "traces.db") as store:
        store.write([(CALLS, _kept(1)), (CALLS, _kept(2, BEGAN + LIFE_S))])
        store.forget(BEGAN + LIFE_S + 1.5)
        assert _call_ids(tmp_path / "traces.db") == ["call-2"]
        store.forget(BEGAN + 3 * LIFE_S)
        assert _call_ids(tmp_path / "traces.db") == []


def test_others_cannot_read_it(tmp_path: Path) -> None:
    with _stored(tmp_path / "traces.db"):
        assert (tmp_path / "traces.db").stat().st_mode & 0o077 == 0


def test_a_ruined_file_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "traces.db").write_bytes(b"nonsense" * 1000)
    with _stored(tmp_path / "traces.db") as store:
        store.write([(CALLS, _kept(1))])
        assert _call_ids(tmp_path / "traces.db") == ["call-1"]


def test_a_file_of_an_older_version_is_made_anew(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "traces.db") as old:
        old.execute("CREATE TABLE calls (x)")
    old.close()
    with _stored(tmp_path / "traces.db") as store:
        store.write([(CALLS, _kept(1))])


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """A store that knows the refused call of Alice and Bob, and an older one of another 1101."""
    with _collecting(tmp_path):
        _say(tmp_path, *(line(row).encode() for row in refused_call()))
        stranger = request(-9, "inbound", call_id="old", sender=f"1{ALICE}", called="9@x", outcome="Reply")
        _say(tmp_path, line(stranger).encode())
        assert settle(tmp_path / "trace.sock")
    return tmp_path / "traces.db"


def _say(directory: Path, *messages: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as worker:
        worker.connect(str(directory / "trace.sock"))
        for message in messages:
            worker.send(message)


@pytest.mark.parametrize("name", [short_id(LEG), short_id(LEG).upper(), IN, OUT])
def test_each_name_finds_all_rows_of_both_legs(told: Path, name: str) -> None:
    assert tuple(call_of(told, name)) == refused_call()


def test_the_last_call_of_a_person_is_his_own(told: Path) -> None:
    assert last_call(told, BOB) == list(refused_call())
    assert last_call(told) == list(refused_call())
    assert last_call(told, "103@carillon.test") == []
    assert call_of(told, "unknown") == []


def test_no_store_yet_knows_no_call(tmp_path: Path) -> None:
    assert last_call(tmp_path / "none.db") == []


NOISE = random.Random(1).randbytes(60_000)
"""The same each time: of all noise one in some thousand begins with a number and a separator, and is a row."""


def test_bad_messages_are_counted_and_the_rest_is_kept(tmp_path: Path) -> None:
    with _collecting(tmp_path) as collector:
        _say(tmp_path, b"\xff\xfe", b"nonsense", NOISE, line(refused_call()[0]).encode())
        assert settle(tmp_path / "trace.sock")
        assert collector.metrics.registry.get_sample_value("carillon_collector_bad_messages_total") == 3
    assert len(rows_where(tmp_path / "traces.db", "1")) == 1


def test_calls_and_failures_are_counted(tmp_path: Path) -> None:
    with _collecting(tmp_path) as collector:
        _say(tmp_path, *(line(row).encode() for row in refused_call()))
        assert settle(tmp_path / "trace.sock")
        said = collector.metrics.registry.get_sample_value
        assert said("carillon_calls_total") == 1
        assert said("carillon_call_failures_total", {"code": "486"}) == 1
        assert said("carillon_requests_total", {"route": "inbound", "outcome": "Challenge"}) == 1


def test_a_full_disk_loses_rows_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with _collecting(tmp_path) as collector:
        with sqlite3.connect(tmp_path / "traces.db") as other:
            other.execute("CREATE TRIGGER full BEFORE INSERT ON others BEGIN SELECT RAISE(FAIL, 'disk full'); END")
        other.close()
        for _ in range(2):
            _say(tmp_path, line(refused_call()[0]).encode())
            assert settle(tmp_path / "trace.sock")
        assert collector.metrics.registry.get_sample_value("carillon_collector_dropped_total") == 2
    assert capsys.readouterr().err.count("disk full") == 1


def test_a_store_that_did_not_answer_is_counted(tmp_path: Path) -> None:
    tracer = Tracer(tmp_path / "trace.sock")
    with _collecting(tmp_path) as collector:
        tracer.store_down("hand-over")
        assert settle(tmp_path / "trace.sock")
        assert collector.metrics.registry.get_sample_value("carillon_store_failures_total", {"store": "hand-over"}) == 1
        tracer.close()


def test_a_worker_without_a_listener_goes_on_and_tells_later_what_was_lost(tmp_path: Path) -> None:
    tracer = Tracer(tmp_path / "trace.sock")
    for _ in range(3):
        tracer.reply(MEMO, 180, DECISION)
    tracer._quiet_until = 0.0  # a second has passed
    with _collecting(tmp_path) as collector:
        tracer.reply(MEMO, 180, DECISION)
        assert settle(tmp_path / "trace.sock")
        assert collector.metrics.registry.get_sample_value("carillon_collector_dropped_total") == 3
        tracer.close()
    assert len(call_of(tmp_path / "traces.db", short_id(LEG))) == 1


def test_a_collector_that_was_started_anew_hears_the_next_row(tmp_path: Path) -> None:
    tracer = Tracer(tmp_path / "trace.sock")
    for _ in range(2):
        with _collecting(tmp_path) as collector:
            tracer.reply(MEMO, 180, DECISION)
            assert settle(tmp_path / "trace.sock")
            assert collector.metrics.registry.get_sample_value("carillon_collector_rows_total") == 1
    tracer.close()


def test_a_worker_never_waits_for_a_collector_that_hangs(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as hung:
        hung.bind(str(tmp_path / "trace.sock"))
        hung.listen()
        tracer = Tracer(tmp_path / "trace.sock")
        for _ in range(5000):
            tracer.failure(MEMO, Decision(Reply(503, "Service Unavailable"), trace=DECISION.trace))
        assert tracer._lost > 0
        tracer.close()


def test_nobody_answers_for_a_collector_that_is_not_there(tmp_path: Path) -> None:
    assert not settle(tmp_path / "trace.sock", 0.1)
