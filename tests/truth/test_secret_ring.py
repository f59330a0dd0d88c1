"""The system's secrets in their files: how they are renewed, and until when a former one holds."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from carillon.sip.seal import Secrets
from carillon.stores.secretfiles import place, ring_of
from carillon.stores.secretring import FIRST, KEPT_S, Ring, SecretsReader, version_in
from carillon.system.paths import SystemPaths

OLD, NEW, NEWEST = b"o" * 32, b"n" * 32, b"w" * 32
NOW = 1_800_000_000.0


def renewed() -> Ring:
    return Ring(FIRST, OLD).offered(7, NEW, NOW).sealing(NOW)


def test_it_is_accepted_before_anybody_seals_by_it() -> None:
    offered = Ring(FIRST, OLD).offered(7, NEW, NOW)
    assert offered.secrets(NOW + 10 * KEPT_S) == Secrets(OLD, (NEW,)), "for as long as that takes"
    assert offered.sealing(NOW).secrets(NOW) == Secrets(NEW, (OLD,))
    assert FIRST < offered.version < offered.sealing(NOW).version


def test_a_former_one_holds_for_a_day() -> None:
    assert renewed().until(NOW) == NOW + KEPT_S
    assert renewed().secrets(NOW + KEPT_S - 1) == Secrets(NEW, (OLD,))
    assert renewed().secrets(NOW + KEPT_S) == Secrets(NEW)
    assert renewed().until(NOW + KEPT_S) == math.inf


def test_it_can_be_forgotten_at_once() -> None:
    assert renewed().alone().secrets(NOW) == Secrets(NEW)
    assert renewed().alone().version > renewed().version


def test_renewed_twice_a_day_all_former_ones_hold_for_theirs() -> None:
    twice = renewed().offered(9, NEWEST, NOW + 60).sealing(NOW + 60)
    assert twice.secrets(NOW + 60) == Secrets(NEWEST, (OLD, NEW))
    assert (twice.until(NOW + 60), twice.last_until(NOW + 60)) == (NOW + KEPT_S, NOW + 60 + KEPT_S)
    assert twice.secrets(NOW + KEPT_S + 1) == Secrets(NEWEST, (NEW,))


def test_one_that_was_offered_and_given_up_is_forgotten_by_the_next_try() -> None:
    """Somebody may have it who was removed since."""
    again = Ring(FIRST, OLD).offered(7, NEW, NOW).offered(8, NEWEST, NOW)
    assert again.secrets(NOW) == Secrets(OLD, (NEWEST,))


def test_a_node_whose_clock_differs_keeps_a_former_one_as_long() -> None:
    there = Ring.heard(renewed().told(NOW + 600), 500.0)
    assert (there.version, there.secrets(500.0)) == (renewed().version, Secrets(NEW, (OLD,)))
    assert there.until(500.0) == 500.0 + KEPT_S - 600


@pytest.mark.parametrize("told", [{}, {"version": [1, 1], "current": "", "others": []}, {"version": 1}], ids=str)
def test_what_is_no_ring_is_not_taken(told: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Ring.heard(told, NOW)


def test_siblings_are_told_which_one_it_is_and_nothing_of_it() -> None:
    assert version_in(renewed().label) == renewed().version == (7, 2)
    assert version_in("") is version_in("7") is version_in("x.y") is None
    assert "6e" * 8 not in repr(renewed()), "nor is it in a log"


def test_a_system_that_was_never_renewed_has_its_key_alone(tmp_path: Path) -> None:
    paths = SystemPaths.of(tmp_path)
    paths.secret.write_bytes(OLD)
    assert ring_of(paths) == Ring(FIRST, OLD)


def test_its_file_holds_the_secret_of_now(tmp_path: Path) -> None:
    """As a backup has it, and whatever else knows that file only."""
    paths = SystemPaths.of(tmp_path)
    place(paths, renewed())
    assert ring_of(paths) == renewed()
    assert paths.secret.read_bytes() == NEW
    assert paths.secret.stat().st_mode & 0o777 == paths.secrets.stat().st_mode & 0o777 == 0o600


def test_a_worker_sees_it_with_its_next_message(tmp_path: Path) -> None:
    now, file = [NOW], tmp_path / "secrets.json"
    file.write_text(Ring(FIRST, OLD).written())
    reader = SecretsReader(file, lambda: now[0])
    first = reader.now()
    assert first == Secrets(OLD)
    assert reader.now() is first, "the same object, as long as nothing changes"
    fresh = tmp_path / "fresh"
    fresh.write_text(renewed().written())
    fresh.replace(file)
    assert reader.now() == Secrets(NEW, (OLD,))
    now[0] += KEPT_S
    assert reader.now() == Secrets(NEW), "also when nobody wrote anything"


def test_a_worker_of_a_node_that_stops_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    file.write_text(renewed().written())
    reader = SecretsReader(file, lambda: NOW)
    before = reader.now()
    file.unlink()
    assert reader.now() is before
