"""Questions to Kamailio, played by a thread: an answer may be larger than a datagram."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from carillon.supervision import rpc
from carillon.supervision.rpc import NobodyAnswers, RpcFailed, call

BANS = [{"name": f"192.0.2.{n % 256}/user{n}@example.org", "value": "account 1800000000"} for n in range(5000)]


@contextmanager
def kamailio(place: Path, answer: dict[str, Any]) -> Iterator[Path]:
    """One that answers a single question by its FIFO; gives where its socket would be."""
    os.mkfifo(place / rpc.FIFO)
    reading = os.open(place / rpc.FIFO, os.O_RDWR)

    def answers() -> None:
        request = json.loads(os.read(reading, 4096))
        with (place / request["reply_name"]).open("wb") as told:
            told.write(json.dumps({"id": request["id"], **answer}).encode())

    thread = threading.Thread(target=answers)
    thread.start()
    try:
        yield place / "rpc.sock"
    finally:
        thread.join()
        os.close(reading)


def test_an_answer_may_be_larger_than_a_datagram(tmp_path: Path) -> None:
    dump = [{"entry": 0, "size": len(BANS), "slot": BANS}]
    assert len(json.dumps(dump)) > 1 << 18
    with kamailio(tmp_path, {"result": dump}) as socket:
        assert call(socket, "htable.dump", "bans") == dump
    assert [file.name for file in tmp_path.iterdir()] == [rpc.FIFO], "nothing is left behind"


def test_what_kamailio_refuses_is_said(tmp_path: Path) -> None:
    with kamailio(tmp_path, {"error": {"message": "No such htable"}}) as socket, pytest.raises(RpcFailed) as failed:
        call(socket, "htable.dump", "nothing")
    assert str(failed.value) == "htable.dump: No such htable"


def test_nobody_reads_the_question(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / rpc.FIFO)
    with pytest.raises(NobodyAnswers):
        call(tmp_path / "rpc.sock", "htable.dump", "bans")
    assert [file.name for file in tmp_path.iterdir()] == [rpc.FIFO]


def test_who_reads_the_question_and_hangs_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc, "LARGE_S", 0.1)
    os.mkfifo(tmp_path / rpc.FIFO)
    reading = os.open(tmp_path / rpc.FIFO, os.O_RDWR)
    try:
        with pytest.raises(NobodyAnswers):
            call(tmp_path / "rpc.sock", "htable.dump", "bans", timeout_s=0.1)
    finally:
        os.close(reading)
    assert [file.name for file in tmp_path.iterdir()] == [rpc.FIFO]
