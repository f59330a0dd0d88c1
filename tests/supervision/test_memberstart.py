"""How a member of the database's cluster starts: it joins the others, or begins from what it has."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from carillon.supervision.memberstart import (
    REACHED,
    STATE,
    TOGETHER,
    VIEW,
    Position,
    allow,
    answers,
    begins,
    options,
    reached,
    read,
    recovered,
)

HISTORY = "660764a2-eb60-11f1-af6f-be0c489a7fea"
OTHERS = ("192.0.2.11:3306", "192.0.2.12:3306")


def stopped(data: Path, sequence: int, last: bool) -> None:
    """What Galera leaves when it stops."""
    rows = f"# GALERA saved state\nversion: 2.1\nuuid:    {HISTORY}\nseqno:   {sequence}\n"
    (data / STATE).write_text(f"{rows}safe_to_bootstrap: {int(last)}\n")


def nobody(_: str) -> bool:
    return False


def test_a_new_member_joins(tmp_path: Path) -> None:
    assert read(tmp_path) == Position()
    assert options(tmp_path, OTHERS, ["/bin/false"]) == ([], -1)


def test_who_stopped_last_begins_unless_somebody_is_up(tmp_path: Path) -> None:
    stopped(tmp_path, 70, last=True)
    assert begins(tmp_path, OTHERS, nobody)
    assert not begins(tmp_path, OTHERS, lambda place: place == OTHERS[1])


def test_who_did_not_stop_last_joins(tmp_path: Path) -> None:
    stopped(tmp_path, 70, last=False)
    assert not begins(tmp_path, OTHERS, nobody)


WITH_WITNESS = "--status synced --uuid u --primary yes --index 0 --members a/two/192.0.2.10:3306,b/three/"


def test_who_was_with_the_witness_only_stopped_last(tmp_path: Path) -> None:
    stopped(tmp_path, 70, last=False)
    (tmp_path / TOGETHER).write_text(WITH_WITNESS)
    assert begins(tmp_path, OTHERS, nobody)
    (tmp_path / TOGETHER).write_text(f"{WITH_WITNESS},c/one/192.0.2.11:3306")
    assert not begins(tmp_path, OTHERS, nobody)


@pytest.mark.parametrize("said", ["", "--status synced --primary yes --members"])
def test_what_nobody_wrote_to_the_end_says_nothing(tmp_path: Path, said: str) -> None:
    stopped(tmp_path, 70, last=False)
    (tmp_path / TOGETHER).write_text(said)
    assert not begins(tmp_path, OTHERS, nobody)


def test_who_crashed_does_not_say_that_it_was_the_last(tmp_path: Path) -> None:
    """The other one may have come back meanwhile, and gone on with the witness."""
    stopped(tmp_path, -1, last=False)
    (tmp_path / TOGETHER).write_text(WITH_WITNESS)
    assert not begins(tmp_path, OTHERS, nobody)


def test_the_only_member_begins_whatever_happened(tmp_path: Path) -> None:
    stopped(tmp_path, 70, last=False)
    (tmp_path / VIEW).write_text("with others")
    assert options(tmp_path, (), ["/bin/false"]) == (["--wsrep-new-cluster"], 70)
    assert read(tmp_path) == Position(HISTORY, 70, may_begin=True)
    assert not (tmp_path / VIEW).exists()


def test_after_a_crash_it_says_how_far_it_had_come(tmp_path: Path) -> None:
    stopped(tmp_path, -1, last=False)
    said = f"[Note] WSREP: Recovered position: {HISTORY}:74,0-1-3"
    assert options(tmp_path, OTHERS, ["/bin/echo", said]) == ([f"--wsrep_start_position={HISTORY}:74"], 74)


@pytest.mark.parametrize("said", ["", "Recovered position: 00000000-0000-0000-0000-000000000000:-1"])
def test_without_a_position_it_is_sent_everything(said: str) -> None:
    assert recovered(said) is None


def test_a_database_that_waits_for_its_cluster_listens_and_does_not_answer() -> None:
    """Two that wait for each other would wait for ever, if the one that may begin took the other for up."""
    with socket.create_server(("127.0.0.1", 0)) as waiting:
        place = f"127.0.0.1:{waiting.getsockname()[1]}"
        assert not answers(place)
        with ThreadPoolExecutor() as pool:
            asked = pool.submit(answers, place)
            waiting.accept()[0].close()  # the one who asked above has gone
            with waiting.accept()[0] as greeted:
                greeted.sendall(b"5.5.5-10.11")
            assert asked.result()
    assert not answers(place)


def test_how_far_the_data_reach_is_known_while_it_waits(tmp_path: Path) -> None:
    assert reached(tmp_path) == -1
    (tmp_path / REACHED).write_text("74\n")
    assert reached(tmp_path) == 74


def test_going_on_alone_keeps_the_history(tmp_path: Path) -> None:
    stopped(tmp_path, -1, last=False)
    allow(tmp_path)
    assert read(tmp_path) == Position(HISTORY, -1, may_begin=True)
