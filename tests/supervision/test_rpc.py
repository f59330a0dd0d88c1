"""Questions to Kamailio, played by a thread: an answer may be larger than a datagram."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from carillon.supervision import rpc
from carillon.supervision.rpc import Asker, NobodyAnswers, NotThere, RpcFailed, call

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


class Answering:
    """A Kamailio that answers at its socket as told, and with the number of the question where `id` is None."""

    def __init__(self, place: Path) -> None:
        self.rpc = place / "rpc.sock"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.rpc))

    def answers(self, ask: Asker, *told: dict[str, Any]) -> Any:
        """What comes of a question that gets these answers, one after the other."""

        def answering() -> None:
            data, who = self._socket.recvfrom(4096)
            for one in told:
                self._socket.sendto(json.dumps({"id": json.loads(data)["id"], **one}).encode(), who)

        thread = threading.Thread(target=answering)
        thread.start()
        try:
            return ask("htable.get", "stores", "key")
        finally:
            thread.join()

    def in_groups(self, questions: int) -> list[int]:
        """Answer with the key that was asked for, the last first, but the fourth, which is not there: all that wait."""
        groups = list[int]()
        while questions:
            waiting = [self._socket.recvfrom(4096) for _ in range(min(questions, 8))]
            for data, who in reversed(waiting):
                asked = json.loads(data)
                key = asked["params"][1]
                answer = {"error": {"message": "not found"}} if key == 3 else {"result": key}
                self._socket.sendto(json.dumps({"id": asked["id"], **answer}).encode(), who)
            questions -= len(waiting)
            groups.append(len(waiting))
        return groups

    def close(self) -> None:
        """It dies."""
        self._socket.close()
        self.rpc.unlink()


@pytest.fixture
def answering(tmp_path: Path) -> Iterator[Answering]:
    kamailio = Answering(tmp_path)
    yield kamailio
    kamailio.close()


def test_who_asks_often_keeps_his_socket_and_leaves_none(answering: Answering) -> None:
    ask = Asker(answering.rpc, "states")
    assert [answering.answers(ask, {"result": told}) for told in (1, 2)] == [1, 2]
    assert sorted(each.name for each in answering.rpc.parent.iterdir()) == ["ask-states.sock", "rpc.sock"]
    ask.close()
    assert [each.name for each in answering.rpc.parent.iterdir()] == ["rpc.sock"]


def test_what_comes_late_to_an_earlier_question_is_nobodys_answer(answering: Answering) -> None:
    ask = Asker(answering.rpc, "states")
    assert answering.answers(ask, {"id": 0, "result": "late"}, {"result": "mine"}) == "mine"
    ask.close()


def test_what_is_not_there_and_what_is_refused(answering: Answering) -> None:
    ask = Asker(answering.rpc, "states")
    with pytest.raises(NotThere):
        answering.answers(ask, {"error": {"message": "Key name doesn't exist in htable."}})
    with pytest.raises(RpcFailed, match="No such htable"):
        answering.answers(ask, {"error": {"message": "No such htable"}})
    ask.close()


def test_who_asks_often_finds_the_kamailio_that_was_started_anew(tmp_path: Path) -> None:
    first, ask = Answering(tmp_path), Asker(tmp_path / "rpc.sock", "states")
    assert first.answers(ask, {"result": 1}) == 1
    first.close()
    with pytest.raises(NobodyAnswers):
        ask("htable.get", "stores", "key")
    second = Answering(tmp_path)
    assert second.answers(ask, {"result": 2}) == 2
    ask.close()
    second.close()


def test_one_that_hangs_is_not_waited_for_again_and_again(answering: Answering) -> None:
    ask = Asker(answering.rpc, "states", 0.01, rest_s=3600)
    with pytest.raises(NobodyAnswers, match="timed out"):
        ask("htable.get", "stores", "key")
    with pytest.raises(NobodyAnswers, match="none came a moment ago"):
        ask("htable.get", "stores", "key")


def test_one_that_hung_is_asked_again_after_a_moment(answering: Answering) -> None:
    ask = Asker(answering.rpc, "states", 0.01, rest_s=0)
    with pytest.raises(NobodyAnswers):
        ask("htable.get", "stores", "key")
    with pytest.raises(NobodyAnswers, match="timed out"):
        ask("htable.get", "stores", "key")


def test_several_questions_are_under_way_at_once(answering: Answering) -> None:
    """Eight at most: no more fit into the queue of a socket. What one fails with is in its place."""
    ask, most = Asker(answering.rpc, "states"), list[int]()
    questions: list[rpc.Question] = [("htable.get", "stores", key) for key in range(20)]
    thread = threading.Thread(target=lambda: most.extend(answering.in_groups(len(questions))))
    thread.start()
    results = ask.each(questions)
    thread.join()
    assert most == [8, 8, 4]
    assert isinstance(results[3], NotThere)
    assert [each for each in results if not isinstance(each, NotThere)] == [key for key in range(20) if key != 3]
    ask.close()


def test_of_several_questions_those_fail_that_nobody_answers(tmp_path: Path) -> None:
    ask = Asker(tmp_path / "rpc.sock", "states")
    results = ask.each([("htable.get", "stores", "a"), ("htable.get", "stores", "b")])
    assert [type(each) for each in results] == [NobodyAnswers, NobodyAnswers]
    assert ask.each([]) == []
    ask.close()
