"""A branch behind a thin, far and lossy link: its first copy, and what was changed during a day without the link."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lab import slowlink
from tests.lab.branches import LIEGE, Branches
from tests.lab.cluster import DOMAIN
from tests.lab.known import comes_true, name
from tests.lab.prefix import prefix
from tests.lab.smalldisk import SmallDisk
from tests.live.talking import a_call_works, calls, final
from tests.live.waiting import measured

from carillon.system.paths import SystemPaths

pytestmark = [pytest.mark.engines, pytest.mark.timeout(1800)]

PEOPLE = 10_000
CHANGES = 10_000
MEGABYTES = 450
LINK_S = 300.0
"""Far more than the link needs."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all machines keep what they keep."""
    return Path(tmp_path_factory.mktemp("links"))


@pytest.fixture(scope="module")
def disk(home: Path) -> Iterator[SmallDisk]:
    """That of the satellite."""
    with SmallDisk.under(SystemPaths.of(home / "two"), home / "disk", MEGABYTES) as disk:
        yield disk


@pytest.fixture(scope="module")
def branches(home: Path, disk: SmallDisk) -> Iterator[Branches]:
    """One main, and one branch; the link is as it should be."""
    with Branches.open(prefix("sk-"), home, sites=[LIEGE]) as branches:
        yield branches


def imports(branches: Branches, first: int, count: int, words: str) -> None:
    """So many people of the branch who are changed, one change each."""
    rows = (f"{extension},{words} {extension},liege" for extension in range(first, first + count))
    file = branches.mains[0].directory / "people.csv"
    file.write_text("\n".join(["extension,name,site", *rows]))
    branches.mains[0].does("user", "import", str(file))


def test_a_day_of_changes_comes_over_a_thin_far_and_lossy_link(branches: Branches) -> None:
    main, satellite, network = branches.mains[0], branches.satellites["liege"], branches.network
    imports(branches, 10_000, PEOPLE, "Nr.")
    assert comes_true(lambda: name(satellite, "19999") == "Nr. 19999", LINK_S)
    carol, dave = branches.phone("201"), branches.phone("202")
    with branches.cut_off():
        imports(branches, 10_000, CHANGES, "New")
        assert branches.listed()["behind"] >= CHANGES
    before = network.carried("liege")
    with slowlink.narrow_link(network, "liege"), slowlink.far_link(network, "liege"):
        with measured("10,000 changes during a cut | until they are in force, over 1 Mbit/s, 0.2 s, 5 % lost"):
            assert comes_true(lambda: name(satellite, "19999") == "New 19999", LINK_S)
        print(f"bytes: {network.carried('liege') - before}")
        main.does("user", "set", "101", "--name", "Alicia")
        with measured("a change | until it is in force at the branch, over 1 Mbit/s, 0.2 s, 5 % lost"):
            assert comes_true(lambda: name(satellite, "101") == "Alicia", LINK_S)
    assert comes_true(lambda: branches.is_known(main, carol) and branches.is_known(main, dave), 60)


def test_the_first_copy_comes_over_a_thin_far_and_lossy_link(branches: Branches) -> None:
    """The satellite is forgotten, and its machine begins anew."""
    main, satellite, network = branches.mains[0], branches.satellites["liege"], branches.network
    satellite.does("down")
    main.does("satellite", "remove", "liege")
    for file in satellite.directory.iterdir():
        shutil.rmtree(file) if file.is_dir() else file.unlink()
    shutil.rmtree(satellite.paths.last_known)
    with slowlink.narrow_link(network, "liege"), slowlink.far_link(network, "liege"):
        with measured("first copy of 10,000 people | from the command on the branch's machine until it is up"):
            branches.joins("liege")
        assert name(satellite, "19999") == "New 19999"


def test_the_disk_of_the_satellite_is_full(branches: Branches, disk: SmallDisk) -> None:
    """Calls go on there, it says what it can't keep, and catches up once there is room."""
    main, satellite = branches.mains[0], branches.satellites["liege"]
    carol, dave = branches.phone("201"), branches.phone("202")
    disk.fill()
    main.does("user", "set", "101", "--name", "Allison")
    assert comes_true(lambda: "what mains tell can't be kept here" in branches.follower(satellite), 60)
    a_call_works(carol, dave)
    assert carol.register(expires=3600).code == 200
    with branches.cut_off():
        refused = final(carol, calls(carol, f"sip:*26@{DOMAIN}"), timeout=15)
        assert (refused.code, "disk" in (refused.header("Warning") or "")) == (403, True)
        a_call_works(carol, dave)
    disk.make_room()
    assert satellite.does("--json", "satellite", "changes").row == []  # what was refused is not kept
    with measured("full disk of a satellite | from room until the changes made meanwhile are in force"):
        assert comes_true(lambda: name(satellite, "101") == "Allison", 60)
    assert comes_true(lambda: "can't be kept" not in branches.follower(satellite), 60)
