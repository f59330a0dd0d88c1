"""A system with as many phones as one is made for, started again."""

from __future__ import annotations

import pytest
from bench.registered import PHONES_AT, leave
from tests.supervision.installation import Installation, until

from carillon.confgen.kamailio.memory import memory
from carillon.supervision.location import ensure_location
from carillon.supervision.registered import registered

PHONES = 100_000


@pytest.mark.engines
def test_a_hundred_thousand_phones_are_still_registered_after_a_restart(office: Installation) -> None:
    ensure_location(office.paths.state)
    extensions = [str(number) for number in range(PHONES, 2 * PHONES)]
    leave(office.paths.state / "location.db", "carillon.test", extensions, f"udp:{office.address}:5060")
    office.up()
    status = office.status()
    assert [one for one in status["components"] if not one["healthy"]] == []
    for extension in ("100000", "199999"):
        is_read(office, extension)


def is_read(office: Installation, extension: str) -> None:
    """Kamailio is healthy a moment before it has read all of them."""
    expected = [f"sip:{extension}@{PHONES_AT}"]

    def contacts() -> list[str]:
        return [each.contact for each in registered(office.paths, (extension, "carillon.test"))]

    until(lambda: contacts() == expected, f"{extension} is registered")


def test_kamailio_may_use_more_on_a_larger_machine() -> None:
    """And never more in one piece than the machine has, which the kernel would refuse."""
    assert memory(512) == ("-m", "128", "-M", "64", "-x", "tlsf")
    assert memory(4096) == ("-m", "1024", "-M", "512", "-x", "tlsf")
    assert memory(1 << 20) == ("-m", "2048", "-M", "1024", "-x", "tlsf")
