"""Where trunks speak from."""

from __future__ import annotations

from carillon.routing.fromtrunk import speaks_from
from carillon.stores.ports import TrunkProfile
from carillon.trunks.addresses import addresses
from carillon.trunks.lookups import Known
from carillon.trunks.targets import Rows, find

NAMES = {"A": "192.0.2.1", "AAAA": "2001:db8::1"}


def said(name: str, type: str) -> Rows:
    return Rows((NAMES[type],)) if name == "sip.example.net" and type in NAMES else Rows()


def known(*trunks: TrunkProfile) -> dict[str, str]:
    return addresses({(each.domain, each.name): Known(find(each, said).targets) for each in trunks})


def test_a_trunk_is_known_by_all_addresses_of_its_name() -> None:
    trunk = TrunkProfile("provider", "example.org", "sip.example.net", 5060)
    assert known(trunk) == {"192.0.2.1": "example.org provider", "2001:db8::1": "example.org provider"}
    assert known(TrunkProfile("gone", "example.org", "gone.example.net", 5060)) == {}


def test_on_this_machine_a_trunk_is_known_by_its_port_too() -> None:
    """Phones on the same machine are no trunks."""
    trunk = TrunkProfile("demo", "example.org", "127.0.0.1", 5090)
    assert known(trunk) == {speaks_from("127.0.0.1", 5090): "example.org demo"}
    assert speaks_from("127.0.0.1", 5062) not in known(trunk)
    assert speaks_from("192.0.2.1", 5062) == "192.0.2.1"
