"""The daemon of recordings: nothing lost without a word, nothing twice, old ones removed."""

from __future__ import annotations

import os
import sqlite3
import struct
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from carillon.recordings import daemon
from carillon.recordings.announcer import NOT_HEARD
from carillon.recordings.daemon import DiskFull, Recorder
from carillon.recordings.index import _SCHEMA, Index, Kept
from carillon.routing.recording import Recording
from carillon.stores.memory import MemoryDirectory
from carillon.stores.ports import DomainProfile
from carillon.stores.recordingspool import PARTS, metadata, note_announced, note_going, note_loss, note_ready

DOMAIN = "example.org"
CALL = Recording("leg1", DOMAIN, 3, "101", f"101@{DOMAIN}", "Alice", f"102@{DOMAIN}", "Bob", "internal")
SESSION = "0123456789abcdef01234567"


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    """One with an empty spool."""
    for part in PARTS:
        (tmp_path / "spool" / part).mkdir(parents=True)
    directory = MemoryDirectory()
    directory.add_domain(DomainProfile(DOMAIN))
    (tmp_path / "relay.pid").touch()
    places = tmp_path / "relay.pid", ("127.0.0.1", 9), directory, tmp_path / "pulse"
    return Recorder(tmp_path, frozenset({"192.0.2.1"}), (10000, 14999), *places)  # type: ignore[arg-type]


def packets_of(recorder: Recorder, at: float, name: str = "0011223344556677") -> Path:
    """What the relay wrote of a second of sound."""
    path = recorder.spool / "pcaps" / f"{SESSION}-{name}.pcap"
    text = bytes(24)
    for number in range(50):
        rtp = struct.pack("!BBHII", 0x80, 8, number, number * 160, 7) + bytes(160)
        udp = struct.pack("!HHHH", 4000, 5000, 8 + len(rtp), 0) + rtp
        data = bytes([0x45, *bytes(8), 17, 0, 0, 192, 0, 2, 7, 192, 0, 2, 1]) + udp
        text += struct.pack("<IIII", int(at), number * 20_000, len(data), len(data)) + data
    path.write_bytes(text)
    return path


def ended(recorder: Recorder, at: float | None = None, call: Recording = CALL, name: str = "0011223344556677") -> Path:
    """A recording that the relay has ended, or a part of one."""
    pcap = packets_of(recorder, at or time.time(), name)
    note = recorder.spool / "metadata" / f"rtpengine-meta-{pcap.stem}.txt"
    note.write_text(f"{pcap}\n\n\nSDP mode: answer\n\n\n{metadata(str(call), {8: 'pcma'})}\n")
    return note


def test_a_finished_recording_is_kept_once(recorder: Recorder) -> None:
    note = ended(recorder)
    text = note.read_text()
    recorder.look()
    (row,) = recorder.index.listing()
    assert (row.state, row.caller, row.callee_name, row.seconds) == (
        "kept",
        CALL.caller,
        "Bob",
        pytest.approx(1, abs=0.1),
    )
    assert (recorder.root / row.file).exists()
    assert not any(any((recorder.spool / part).iterdir()) for part in PARTS)
    note.write_text(text)  # as if killed before it was removed
    recorder.look()
    assert len(recorder.index.listing()) == 1


def test_a_kill_while_it_works_loses_nothing(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    ended(recorder)
    with monkeypatch.context() as killed:
        killed.setattr(recorder.index, "add", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            recorder.look()
    recorder.look()
    assert [row.state for row in recorder.index.listing()] == ["kept"]


def test_a_loss_is_listed_with_its_reason(recorder: Recorder) -> None:
    note_loss(recorder.spool, str(CALL), "the media relay did not answer")
    recorder.look()
    recorder.look()
    assert [(row.state, row.why, row.callee) for row in recorder.index.listing()] == [
        ("lost", "the media relay did not answer", CALL.callee)
    ]


def test_what_the_relays_death_left_is_kept_and_said(recorder: Recorder) -> None:
    pcap = packets_of(recorder, time.time())
    (recorder.spool / "tmp" / f"rtpengine-meta-{pcap.stem}.tmp").touch()
    note_going(recorder.spool, SESSION, metadata(str(CALL), {8: "pcma"}))
    os.utime(recorder.relay_pidfile, (1, 1))
    recorder.look()
    assert recorder.index.listing() == []
    later = time.time() + 5
    os.utime(recorder.relay_pidfile, (later, later))
    recorder.look()
    assert [(row.state, row.why) for row in recorder.index.listing()] == [("cut", "the media relay died")]
    assert not any(any((recorder.spool / part).iterdir()) for part in PARTS)


def test_with_a_full_disk_recordings_wait(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    ended(recorder)
    with monkeypatch.context() as full:
        full.setattr(daemon, "SPARE", 10**18)
        with pytest.raises(DiskFull, match="the disk is full"):
            recorder.look()
    recorder.look()
    assert [row.state for row in recorder.index.listing()] == ["kept"]


def test_old_recordings_go_when_the_domain_says_so(recorder: Recorder) -> None:
    ended(recorder, time.time() - 40 * 86_400)
    recorder.look()
    (row,) = recorder.index.listing()
    recorder.directory.add_domain(DomainProfile(DOMAIN, recording_days=30))  # type: ignore[attr-defined]
    recorder.forget_at = 0
    recorder.look()
    assert recorder.index.listing() == []
    assert not (recorder.root / row.file).exists()


def test_what_nobody_understands_is_set_aside(recorder: Recorder) -> None:
    note = recorder.spool / "metadata" / "x.txt"
    note.write_text("what?")
    (recorder.spool / "lost" / "y.json").write_text("[]")
    recorder.look()
    assert note.with_name("x.txt.bad").exists()
    assert recorder.index.listing() == []


def test_calls_are_found_by_person_and_domain(recorder: Recorder) -> None:
    ended(recorder)
    recorder.look()
    assert recorder.index.listing(DOMAIN, "102")
    assert not recorder.index.listing(DOMAIN, "103")
    assert not recorder.index.listing("other.org", "102")
    assert Recording.parse(str(replace(CALL, callee_name="Ünï"))) == replace(CALL, callee_name="Ünï")


BY_KEY = replace(CALL, on_demand=True)


def test_the_parts_of_a_call_with_a_pause_are_one_file(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    ended(recorder, 2000, BY_KEY, "00")  # the relay's names say nothing of the order
    ended(recorder, 1000, BY_KEY, "ff")
    note_ready(recorder.spool, SESSION, "told")
    monkeypatch.setattr(daemon.relay, "knows", lambda relay, session: session == SESSION)
    recorder.look()
    assert recorder.index.listing() == []
    monkeypatch.setattr(daemon.relay, "knows", lambda relay, session: False)
    recorder.look()
    (row,) = recorder.index.listing()
    assert (row.state, row.on_demand, row.began) == ("kept", True, 1000)
    assert row.seconds == pytest.approx(1001, abs=0.1)
    assert not any(any((recorder.spool / part).iterdir()) for part in PARTS)


def test_a_kill_while_the_parts_are_removed_makes_no_second_file(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon.relay, "knows", lambda relay, session: False)
    ended(recorder, 1000, BY_KEY, "ff")
    ended(recorder, 1010, BY_KEY, "00")
    unlink = Path.unlink
    with monkeypatch.context() as killed:
        killed.setattr(Path, "unlink", lambda path, **more: _kills(path) if "ff" in path.name else unlink(path, **more))
        with pytest.raises(KeyboardInterrupt):
            recorder.look()
    recorder.look()
    assert len(recorder.index.listing()) == 1
    assert not list((recorder.spool / "pcaps").iterdir())


def _kills(path: Path) -> None:
    raise KeyboardInterrupt(path)


def test_word_of_a_call_that_nobody_recorded_goes_with_it(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    note_ready(recorder.spool, SESSION, "told")
    monkeypatch.setattr(daemon.relay, "knows", lambda relay, session: False)
    recorder.look()
    assert not list((recorder.spool / "ready").iterdir())


def test_an_index_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "index.db")) as old, old:
        newer = ",\n  on_demand INTEGER NOT NULL DEFAULT 0, announced TEXT NOT NULL DEFAULT ''"
        assert newer in _SCHEMA
        old.execute(_SCHEMA.replace(newer, ""))
    index = Index(tmp_path)
    index.add(Kept("a", "k", DOMAIN, 1, "101", "101@x", "A", "102@x", "B", "internal", 1.0, on_demand=True))
    assert [row.on_demand for row in index.listing()] == [True]


@pytest.mark.parametrize(("heard", "said"), [("tone", "tone"), ("", NOT_HEARD)])
def test_what_both_sides_heard_of_it_is_kept_with_it(recorder: Recorder, heard: str, said: str) -> None:
    ended(recorder, call=replace(CALL, announce="tone"))
    if heard:
        note_announced(recorder.spool, SESSION, heard)
    recorder.look()
    (row,) = recorder.index.listing()
    assert row.announced == said
    assert not any(any((recorder.spool / part).iterdir()) for part in PARTS)
