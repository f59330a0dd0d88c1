"""A second node, on a database that the first has alone: its key is good once; what either knows of the other."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from sqlalchemy import text
from tests.lab.cluster import DOMAIN, Cluster, Machine
from tests.lab.known import comes_true, name
from tests.lab.prefix import prefix
from tests.live.members import own_server
from tests.phones.phone import Phone
from tests.phones.raw import RawAgent

from carillon.confgen.tls import authority
from carillon.provisioning.system import load_node
from carillon.stores.sql.engine import migrating
from carillon.supervision.supervisor import start_program, stop_program

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]

BEGINS = "-----BEGIN CERTIFICATE-----"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One node with people, and a machine that isn't one yet."""
    with Cluster.open(prefix("no-"), 2, Path(tmp_path_factory.mktemp("nodes")), phones=("ph1",)) as cluster:
        cluster["one"].does("user", "add", "101", "--name", "Alice")
        yield cluster


@pytest.fixture(scope="module")
def two(cluster: Cluster) -> Machine:
    """The second node, joined and up."""
    first, second = cluster["one"], cluster["two"]
    added = first.does("--json", "node", "add", "two", "--address", second.address, "--no-database").row
    wrong = second.asks("node", "join", f"{added['key'][:-8]}AAAAAAAA")
    assert (wrong.code, wrong.error[:5]) == (1, "key: ")
    assert not second.directory.exists()
    second.does("node", "join", added["key"])
    again = Machine(cluster.network, "two", second.directory.with_name("again")).asks("node", "join", added["key"])
    assert "the key was used or is older than an hour" in again.error
    second.does("up")
    return second


def test_nothing_is_lost_when_the_truth_is_shared(cluster: Cluster, two: Machine) -> None:
    one = cluster["one"]
    assert [user["name"] for user in one.does("--json", "user", "list").row] == ["Alice"]
    assert name(two, "101") == "Alice"
    assert not one.paths.truth.exists()
    assert (one.directory / "carillon-before-nodes.db").stat().st_mode & 0o777 == 0o600
    assert one.paths.secret.read_bytes() == two.paths.secret.read_bytes()


def test_a_change_on_either_node_is_in_force_on_the_other(cluster: Cluster, two: Machine) -> None:
    one = cluster["one"]
    two.does("user", "add", "102", "--name", "Bob")
    assert comes_true(lambda: name(one, "102") == "Bob")
    one.does("user", "add", "103", "--name", "Carol")
    assert comes_true(lambda: name(two, "103") == "Carol")


def test_the_list_says_how_nodes_are(cluster: Cluster, two: Machine) -> None:
    def listed() -> dict[str, tuple[str, bool, int]]:
        rows = cluster["one"].does("--json", "node", "list").row
        return {row["name"]: (row["state"], row["this"], row["behind"]) for row in rows}

    assert comes_true(lambda: listed() == {"node1": ("up", True, 0), "two": ("up", False, 0)})


def test_the_list_says_what_is_not_well_at_another_node(cluster: Cluster, two: Machine) -> None:
    def problems() -> dict[str, str | None]:
        return {row["name"]: row["problem"] for row in cluster["one"].does("--json", "node", "list").row}

    stop_program(two.paths.supervisor_socket, "names")
    assert comes_true(lambda: problems() == {"node1": None, "two": "names: see `carillon status` there"})
    start_program(two.paths.supervisor_socket, "names")
    assert comes_true(lambda: set(problems().values()) == {None})


def test_a_name_or_an_address_that_is_taken_is_refused(cluster: Cluster, two: Machine) -> None:
    taken = cluster["one"].asks("node", "add", "two", "--address", "10.78.0.9")
    assert taken.error.startswith("name: there is a node two already")
    taken = cluster["one"].asks("node", "add", "four", "--address", two.address)
    assert taken.error.startswith(f"address: {two.address} is the address of two")


def test_registrations_are_listed_while_the_tables_are_newer(cluster: Cluster, two: Machine) -> None:
    """On an older node, in the midst of a rolling upgrade; other commands say why they refuse."""
    two.does("user", "add", "131", "--name", "Eve")
    password = two.does("--json", "device", "add", "eve-desk", "--user", "131").row["password"]
    where = {"namespace": cluster.network.namespace("ph1"), "address": cluster.network.address("ph1")}
    with (
        RawAgent("131", DOMAIN, auth_user="eve-desk", password=password, proxy=f"{two.address}:5060", **where) as eve,
        is_newer(cluster["one"]),
    ):
        assert eve.register(expires=3600).code == 200
        for asked in ([], ["131"], [f"131@{DOMAIN}"]):
            rows = two.does("--json", "registration", "list", *asked).row
            assert (eve.contact, "eve-desk", "two") in [(row["contact"], row["device"], row["node"]) for row in rows]
        assert "is of a newer version" in two.asks("registration", "list", "999").error
        two.does("registration", "remove", "131")
        assert two.does("--json", "registration", "list", "131").row == []


@contextmanager
def is_newer(holder: Machine) -> Iterator[None]:
    """A newer node has changed the tables of the database that is on this machine."""
    truth = own_server(holder)
    with migrating(truth) as opened:
        before = opened.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        opened.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        yield
    finally:
        with migrating(truth) as opened:
            opened.execute(text("UPDATE alembic_version SET version_num = :before"), {"before": before})


def test_a_drill_drains_a_node_for_a_moment(cluster: Cluster, two: Machine) -> None:
    """What one node does for all is another's meanwhile; afterwards either node is as before."""
    one = cluster["one"]

    def holder() -> str:
        rows = one.does("--json", "node", "list").row
        return next((row["name"] for row in rows if row["leads"]), "")

    assert comes_true(lambda: holder() != "")
    drained = holder()
    row = two.does("--json", "drill", "drain", drained, "--yes").row
    assert (row["drill"], row["led"]) == (f"{drained} drained", True)
    assert row["leads_then"] == {"node1": "two", "two": "node1"}[drained]
    assert {each["state"] for each in one.does("--json", "node", "list").row} == {"up"}
    refused = two.asks("drill", "drain", "nine", "--yes")
    assert refused.error.startswith("name: there is no node nine;")


def listed_phones(cluster: Cluster) -> list[int]:
    """How many phones `node list` shows at each node."""
    return [row["phones"] for row in cluster["one"].does("--json", "node", "list").row]


@pytest.fixture
def device(cluster: Cluster) -> Iterator[dict[str, str]]:
    """Alice's device, and the place of its phone."""
    added = cluster["one"].does("--json", "device", "add", "alice", "--user", "101").row
    place = {"namespace": cluster.network.namespace("ph1"), "address": cluster.network.address("ph1")}
    yield {"auth_user": "alice", "password": added["password"], "domain": DOMAIN, **place}
    cluster["one"].does("device", "remove", "alice")


@pytest.fixture
def phone(cluster: Cluster, device: dict[str, str]) -> Iterator[Phone]:
    """Alice's phone, which finds its nodes by DNS; node one answers it."""
    one = cluster["one"]
    one.does("dns", "serve", "on")
    one.does("domain", "set", DOMAIN, "--naptr", "udp")
    settings: dict[str, Any] = {"proxy": None, "name_server": one.address, **device}
    with Phone("Alice", "101", **settings) as phone:
        yield phone


def test_a_phone_that_knows_a_drained_node_only_stays_there(
    cluster: Cluster, two: Machine, device: dict[str, str]
) -> None:
    """It comes back each minute, in case that it learns of another one; nobody sends it away."""
    settings: dict[str, Any] = {"proxy": f"{two.address}:5060", **device}
    with RawAgent("101", **settings) as alice:

        def granted() -> str:
            answer = alice.register(3600)
            return (answer.header("Contact") or "").partition("expires=")[2].partition(";")[0]

        assert comes_true(lambda: granted() == "3600"), "the device is known at two"
        cluster["one"].does("node", "drain", "two")
        assert comes_true(lambda: granted() == "60")
        assert alice.register(0).code == 200
        assert comes_true(lambda: listed_phones(cluster) == [0, 0])
        cluster["one"].does("node", "drain", "two", "--undo")
        assert comes_true(lambda: granted() == "3600")
        assert alice.register(0).code == 200


def test_phones_go_to_the_other_node_when_theirs_is_drained_and_may_come_back(
    cluster: Cluster, two: Machine, phone: Phone
) -> None:
    """pjsua2 asks the DNS again once its answer is a minute old; until then it comes back to where it was, and soon."""
    one = cluster["one"]

    def phones() -> dict[str, int]:
        return {row["name"]: row["phones"] for row in one.does("--json", "node", "list").row}

    def home() -> str:
        return next((name for name, count in phones().items() if count), "")

    def stays(name: str) -> bool:
        """Whether it goes there each time: while the DNS names both alike, it goes to either."""
        return all(phone.register().expires > 60 and home() == name for _ in range(5))

    assert phone.register().code == 200
    assert comes_true(lambda: home() != "")
    theirs = home()
    other = {"node1": "two", "two": "node1"}[theirs]
    one.does("node", "drain", theirs)
    assert comes_true(lambda: phone.register().expires <= 60 or home() == other)
    assert comes_true(lambda: stays(other), 150)
    one.does("node", "drain", theirs, "--undo")
    one.does("node", "drain", other)
    assert comes_true(lambda: stays(theirs), 150)
    one.does("node", "drain", other, "--undo")


def test_a_node_that_a_drill_killed_comes_back(cluster: Cluster, two: Machine) -> None:
    two.does("user", "add", "105", "--name", "Erin")
    row = two.does("--json", "drill", "node", "--back", "0", "--yes").row
    assert row["drill"] == "node two killed"
    assert (row["calls_before"], row["calls_after"]) == (0, 0)
    assert name(two, "105") == "Erin"
    assert two.does("--json", "status").row["healthy"]


def test_the_node_with_the_database_and_one_that_is_up_do_not_leave(cluster: Cluster, two: Machine) -> None:
    assert cluster["one"].asks("node", "leave", "two").error.startswith("name: two is up")
    assert cluster["one"].asks("node", "leave", "node1").code == 1


def test_who_is_stopped_and_has_not_left_wipes_nothing(cluster: Cluster, two: Machine) -> None:
    two.does("down")
    refused = two.asks("node", "wipe", "--yes").error
    assert "two has not left; first run `carillon node leave two`" in refused
    two.does("up")


def follower(of: Machine) -> dict[str, Any]:
    """What `status` says of it."""
    [found] = [row for row in of.does("--json", "status").row["components"] if row["name"] == "follower"]
    return dict(found)


def test_a_renewed_certificate_is_what_the_database_shows(
    cluster: Cluster, two: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a restart; who shows one that has nearly ended gets another by itself."""
    one, place = cluster["one"], cluster["one"].paths.cluster
    monkeypatch.setattr(authority, "LIFETIME", timedelta(days=300))
    authority.keep(place, authority.issue(place, load_node(one.paths)))
    monkeypatch.undo()
    nearly_ended = serial((place / "node.pem").read_text())
    assert comes_true(lambda: serial((place / "node.pem").read_text()) != nearly_ended, 60)
    assert comes_true(lambda: shown(one) == serial((place / "node.pem").read_text()), 60)
    two.does("user", "add", "106", "--name", "Frank")
    assert comes_true(lambda: name(one, "106") == "Frank")


def serial(pem: str) -> int:
    """Of the first certificate in a text."""
    return x509.load_pem_x509_certificate(pem.encode()).serial_number


def shown(machine: Machine) -> int | None:
    """The certificate that its MariaDB shows to who comes from elsewhere; None when it shows none."""
    inside = ("ip", "netns", "exec", machine.network.namespace(machine.host))
    command = (*inside, "openssl", "s_client", "-starttls", "mysql", "-connect", f"{machine.address}:3306")
    said = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False).stdout
    return serial(said[said.index(BEGINS) :]) if BEGINS in said else None


def test_calls_go_on_while_the_node_with_the_database_is_away(cluster: Cluster, two: Machine) -> None:
    cluster.network.cut("one")
    try:
        refused = two.asks("user", "add", "104", "--name", "Dave")
        assert refused.error.startswith("database: none of its servers (10.78.0.1:3306) answers; calls go on")
        assert name(two, "101") == "Alice"
        assert comes_true(lambda: "the database is away since" in follower(two)["problem"])
        assert follower(two)["healthy"]
    finally:
        cluster.network.heal("one")
    two.does("user", "add", "104", "--name", "Dave")
    assert comes_true(lambda: name(cluster["one"], "104") == "Dave")


ASKING = """
import sys
from pathlib import Path
from sqlalchemy import text
from carillon.stores.sql.database import Database, open_mariadb
reader, _ = open_mariadb(Database.read(Path(sys.argv[1])))
with reader.connect() as connection:
    print("connected", flush=True)
    connection.execute(text("SELECT SLEEP(20)"))
"""


def test_a_link_that_is_cut_in_the_midst_of_a_question_is_noticed(cluster: Cluster, two: Machine) -> None:
    """The server is not waited for as long as one that is there and takes its time."""
    inside = ("ip", "netns", "exec", cluster.network.namespace("two"))
    command = (*inside, sys.executable, "-c", ASKING, str(two.paths.database))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as asking:
        assert asking.stdout is not None
        assert asking.stdout.readline() == "connected\n"
        cluster.network.cut("one")
        try:
            _, error = asking.communicate()
        finally:
            cluster.network.heal("one")
    assert "(2013, 'Lost connection to MySQL server during query')" in error, error  # and not "(… timed out)"


def test_a_node_that_is_down_leaves(cluster: Cluster, two: Machine) -> None:
    two.does("down")
    assert comes_true(lambda: cluster["one"].asks("node", "leave", "two").code == 0, 60)
    assert [row["name"] for row in cluster["one"].does("--json", "node", "list").row] == ["node1"]


def test_who_has_left_wipes_its_machine_and_nobody_else_does(cluster: Cluster, two: Machine) -> None:
    one, secret = cluster["one"], two.paths.secret.read_bytes()
    assert "the system is up here" in one.asks("node", "wipe", "--yes").error
    said = two.paths.voicemail / "lab.test" / "101" / "20261128121501-a1b2c3.wav"
    said.parent.mkdir(parents=True)
    said.write_bytes(b"RIFF")
    done = two.does("node", "wipe", "--yes")
    assert f"{two.paths.voicemail} stays" in done.output
    assert said.exists()
    assert not two.directory.exists()
    for place in (two.paths.last_known, two.paths.run, two.paths.state):
        assert not place.exists()
    assert one.paths.secret.read_bytes() == secret
    assert one.does("status").code == 0
    assert "there is no node of several" in two.asks("node", "wipe", "--yes").error
