"""A node's disk is full: calls go on, what can't be kept is said, and when there is room all is well by itself."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.lab.cluster import DOMAIN, PHONES, Cluster, Machine
from tests.lab.known import kept, name
from tests.lab.prefix import prefix
from tests.lab.smalldisk import SmallDisk
from tests.live.members import Members, comes_true, database_of, known, together
from tests.live.staff import Staff, contacts
from tests.live.talking import a_call_works, hangs_up, talk
from tests.live.waiting import measured
from tests.phones.raw import RawAgent

from carillon.system.paths import SystemPaths

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]

MEGABYTES = 450
MANY = 4000
"""So many people need more room than the database has laid by."""


class Lab:
    """Machines, two of which have small disks; the first one runs a system."""

    def __init__(self, cluster: Cluster, disks: dict[str, SmallDisk]) -> None:
        self.cluster, self.disks = cluster, disks


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One node, and a machine that isn't one yet, each on a disk of its own."""
    home = Path(tmp_path_factory.mktemp("full"))
    with ExitStack() as stack:
        disks = {
            host: stack.enter_context(SmallDisk.under(SystemPaths.of(home / host), home / f"disk-{host}", MEGABYTES))
            for host in ("one", "two")
        }
        yield Lab(stack.enter_context(Cluster.open(prefix("fd-"), 3, home, PHONES)), disks)


def status(machine: Machine) -> dict[str, Any]:
    """What `status` says."""
    return dict(machine.does("--json", "status").row)


def writes(sender: RawAgent, extension: str) -> int:
    """The answer to a message for somebody."""
    headers = [("Content-Type", "text/plain")]
    return (
        sender.authenticated(sender.request("MESSAGE", f"sip:{extension}@{DOMAIN}", headers=headers, body="Hi")).code
        or 0
    )


def kamailio_dies(machine: Machine) -> None:
    """kill -9; it is healthy again after this."""

    def row() -> dict[str, Any]:
        return next(each for each in status(machine)["components"] if each["name"] == "kamailio")

    old = int(row()["pid"])
    os.kill(old, signal.SIGKILL)
    assert comes_true(lambda: row()["healthy"] and row()["pid"] != old)


def test_a_node_alone_says_what_it_cannot_keep_and_loses_nobody(lab: Lab, tmp_path: Path) -> None:
    one, disk = lab.cluster["one"], lab.disks["one"]
    with Staff.of(lab.cluster.network, [one], "101", "102", "103", "104") as staff:
        alice, bob = staff.registered("101", one), staff.registered("102", one)
        mine, his = talk(alice, bob)
        disk.fill()
        refused = one.asks("user", "add", "201", "--name", "Nobody")
        assert (refused.code, refused.error) == (
            1,
            "disk: it is full: nothing was changed. Make room there (`carillon status` says where) and try again;"
            " calls go on.\n",
        )
        said = status(one)
        assert not said["healthy"]
        assert all(each["healthy"] for each in said["components"])
        assert [each["problem"].partition(":")[0] for each in said["disks"]] == ["the disk is full"]
        assert writes(alice, "104") == 500  # who isn't there would get it later, and it can't be kept
        one.does("backup", str(tmp_path / "elsewhere"))
        carol = staff.registered("103", one)
        a_call_works(alice, carol)

        kamailio_dies(one)
        assert comes_true(lambda: contacts(one) == {alice.contact, bob.contact, carol.contact})
        hangs_up(mine, his)
        disk.fill()
        one.does("down")
        one.does("up")
        assert comes_true(lambda: contacts(one) == {alice.contact, bob.contact, carol.contact})
        a_call_works(carol, bob)

        disk.make_room()
        assert status(one)["healthy"]
        one.does("user", "add", "201", "--name", "Somebody")
        assert writes(alice, "104") == 202
        kamailio_dies(one)
        assert comes_true(lambda: contacts(one) == {alice.contact, bob.contact, carol.contact})


def test_a_member_that_cannot_write_leaves_the_others_and_comes_back(lab: Lab, tmp_path: Path) -> None:
    with Members.joined(lab.cluster) as members:
        one, two, disk = members.one, members.two, lab.disks["two"]
        with Staff.of(lab.cluster.network, [one, two], "301", "302", "303") as staff:
            alice, bob = staff.registered("301", two), staff.registered("302", two)
            mine, his = talk(alice, bob)
            disk.fill()
            people = [f"{extension},Nr. {extension} of a very long list" for extension in range(10000, 10000 + MANY)]
            (tmp_path / "people.csv").write_text("\n".join(["extension,name", *people]))
            one.does("user", "import", str(tmp_path / "people.csv"))
            assert comes_true(lambda: "has left their cluster; theirs are asked" in database_of(two))
            assert known(str(10000 + MANY - 1), two)
            two.does("user", "add", "304", "--name", "Nr. 304")
            assert known("304", one, two)
            carol = staff.registered("303", two)
            a_call_works(carol, alice)

            disk.make_room()
            with measured("full disk of a member | from room until it is in sync"):
                assert together(two, 3)
            assert comes_true(lambda: kept(two, "304") == "Nr. 304")
            assert comes_true(lambda: status(two)["healthy"])
            assert contacts(two) == contacts(one) >= {alice.contact, bob.contact, carol.contact}
            two.does("user", "set", "304", "--name", "Dave")
            assert comes_true(lambda: name(one, "304") == "Dave")
            hangs_up(mine, his)
