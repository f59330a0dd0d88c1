"""A node is emptied before it is stopped: how phones of each kind move to the other one, what is said of the rest."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from tests.lab.cluster import DOMAIN, PHONES, Cluster, Machine
from tests.lab.known import comes_true
from tests.lab.prefix import prefix
from tests.live.staff import Staff, contacts
from tests.live.talking import a_call_rings, a_call_works, hangs_up, talk
from tests.live.watching import Watch, dialogs
from tests.phones.baresip import Baresip
from tests.phones.message import Message
from tests.phones.phone import Phone
from tests.phones.raw import RawAgent
from tests.phones.settings import Transport

from carillon.siblings import states
from carillon.siblings.shared import is_moving

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]

INSTANCE = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"'
PHONE = next(iter(PHONES))
MOVE_S = 150
"""A name server's answer is kept for a minute, and a registration at a drained node ends after another one."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two nodes that answer DNS."""
    with Cluster.open(prefix("dr-"), 2, Path(tmp_path_factory.mktemp("draining")), phones=PHONES) as cluster:
        cluster["two"].joins(cluster["one"])
        cluster["one"].does("domain", "set", DOMAIN, "--naptr", "udp", "--digest", "md5")  # baresip knows no other
        cluster["one"].does("dns", "serve", "on")
        yield cluster


@pytest.fixture(scope="module")
def staff(cluster: Cluster) -> Iterator[Staff]:
    """Four people."""
    with Staff.of(cluster.network, (cluster["one"], cluster["two"]), "101", "102", "103", "104") as staff:
        staff.digest = "MD5"
        yield staff


def flow(agent: RawAgent) -> Message:
    """Register an hour's flow: who does so connects anew when it fails (RFC 5626)."""
    own = {"to": f"<sip:{agent.user}@{agent.domain}>", "contact": f"<{agent.contact}>;{INSTANCE};reg-id=1"}
    headers = [("Supported", "path, outbound"), ("Expires", "3600")]
    return agent.authenticated(agent.request("REGISTER", f"sip:{agent.domain}", headers=headers, **own))


@contextmanager
def drained(cluster: Cluster, name: str) -> Iterator[dict[str, object]]:
    """A node is drained meanwhile; gives what the command said."""
    one, two = cluster["one"], cluster["two"]
    try:
        yield one.does("--json", "node", "drain", name).row
    finally:
        one.does("node", "drain", name, "--undo")
    rpc = (two if name == "two" else one).paths.kamailio_rpc
    assert comes_true(lambda: not is_moving(rpc))


def phones(machine: Machine) -> dict[str, int]:
    """How many phones `node list` shows at each node."""
    return {row["name"]: row["phones"] for row in machine.does("--json", "node", "list").row}


def until(machine: Machine) -> dict[str, str | None]:
    """When `node list` says that the last registration of each node ends."""
    return {row["name"]: row["until"] for row in machine.does("--json", "node", "list").row}


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_phones_with_flows_are_let_go_when_they_do_not_talk(
    cluster: Cluster, staff: Staff, transport: Transport
) -> None:
    """Others stay as long as they are registered, and are reached from the other node as before."""
    one, two = cluster["one"], cluster["two"]
    desk = staff.registered("101", one)
    idle, talking = (staff.agent(each, two, transport) for each in ("102", "103"))
    assert flow(idle).code == flow(talking).code == 200
    plain = staff.agent("104", two, transport)
    assert plain.register(expires=3600).code == 200
    assert comes_true(lambda: {idle.contact, talking.contact, plain.contact} <= contacts(one))
    assert comes_true(lambda: phones(one)["two"] == 3)  # which is a second behind
    mine, theirs = talk(desk, talking)
    with drained(cluster, "two") as said:
        assert said["phones"] == 3
        assert said["calls"] == 0  # it is at the Asterisk of who called
        assert 3500 < int(str(said["ends_in_s"])) <= 3600
        assert comes_true(lambda: idle.contact not in contacts(two) | contacts(one))
        assert {talking.contact, plain.contact} <= contacts(two) & contacts(one)
        assert a_call_rings(desk, plain)
        assert until(one)["node1"] is None
        assert until(one)["two"] is not None
        hangs_up(theirs, mine)
        assert comes_true(lambda: talking.contact not in contacts(two) | contacts(one))
        a_call_works(desk, plain)
        again = staff.agent("102", one, transport)
        assert flow(again).code == 200
        a_call_works(plain, again)
        assert plain.register(expires=0).code == 200
        assert comes_true(lambda: until(one)["two"] is None)
    for agent in (desk, again):
        assert agent.register(expires=0).code == 200


def lamps(machine: Machine) -> int:
    """How many subscriptions there are at the other node, as this one knows."""
    return sum(one.subscriptions for one in states.read(machine.paths.sibling_states))


def test_a_phone_that_was_let_go_has_its_lamps_at_once(cluster: Cluster, staff: Staff) -> None:
    """Its connection has ended, and that of its lamp with it; where it registers now, it is told to subscribe anew."""
    one, two = cluster["one"], cluster["two"]
    desk, other = (staff.registered(each, one) for each in ("101", "103"))
    gone = staff.agent("102", two, "tcp", PHONE)
    assert flow(gone).code == 200
    lamp = Watch(gone, f"sip:101@{DOMAIN}", "dialog")
    assert comes_true(lambda: lamps(one) == 1)
    assert comes_true(lambda: gone.contact in contacts(one))
    with drained(cluster, "two"):
        assert comes_true(lambda: gone.contact not in contacts(two) | contacts(one))
        mine, theirs = talk(other, desk)  # nobody can tell the lamp of it
        hangs_up(mine, theirs)
        lamp.agent = again = staff.agent("102", one, "tcp", PHONE)
        assert flow(again).code == 200
        assert lamp.next().header("Subscription-State") == "terminated;reason=deactivated"
        anew = Watch(again, f"sip:101@{DOMAIN}", "dialog")
        mine, theirs = talk(other, desk)
        anew.until(lambda told: len(dialogs(told)) == 1)
        hangs_up(mine, theirs)
    for agent in (desk, other, again):
        assert agent.register(expires=0).code == 200


def homes(machine: Machine) -> list[str]:
    """At which nodes phones are registered."""
    return [row["node"] for row in machine.does("--json", "registration", "list").row]


def moves(cluster: Cluster) -> None:
    """The only phone comes from its node, which is drained, to the other one."""
    one = cluster["one"]
    assert comes_true(lambda: sum(phones(one).values()) == len(homes(one)) == 1)
    home = homes(one)[0]
    other = {"node1": "two", "two": "node1"}[home]
    with drained(cluster, home) as said:
        assert said["phones"] == 1
        assert comes_true(lambda: homes(one) == [other], MOVE_S)


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_pjsua2_moves_by_itself(cluster: Cluster, staff: Staff, transport: Transport) -> None:
    """Over TCP and TLS, a registration of an hour just before makes no difference."""
    own = staff.by_dns("102", transport=transport, name_server=cluster["one"].address)
    lasts = 60 if transport == "udp" else 3600
    with Phone("Bob", auth_user="102", expires=lasts, comes_back=True, **own) as bob:
        assert bob.register().code == 200
        bob.watches("101")
        moves(cluster)


@pytest.mark.parametrize("transport", ["", "tcp"])
def test_baresip_moves_with_its_next_register(cluster: Cluster, staff: Staff, transport: str) -> None:
    """Over UDP, or over TCP."""
    own = staff.by_dns("103")
    host = next(each for each in PHONES if cluster.network.address(each) == own["address"])
    with (
        cluster.network.resolving(host, cluster["one"].address),
        Baresip(**{**own, "proxy": ""}, transport=transport, interval_s=60) as carol,
    ):
        carol.says("200 OK")
        moves(cluster)


def lamps_of(machine: Machine, extension: str) -> set[str]:
    """The subscriptions of somebody's phones that the presence server of a node has written down, by Call-ID."""
    with closing(sqlite3.connect(machine.paths.subscriptions)) as store:
        asked = "SELECT callid FROM active_watchers WHERE watcher_username = ?"
        return {call_id for (call_id,) in store.execute(asked, (extension,))}


@contextmanager
def lamps_move(cluster: Cluster, extension: str) -> Iterator[None]:
    """A phone subscribes meanwhile; the node where it did is drained, and it subscribes at the other one by itself."""
    nodes = {"node1": cluster["one"], "two": cluster["two"]}
    before = {call_id for each in nodes.values() for call_id in lamps_of(each, extension)}

    def new() -> list[str]:
        return [name for name, each in nodes.items() if lamps_of(each, extension) - before]

    yield
    assert comes_true(lambda: len(new()) == 1)
    (here,) = new()
    with drained(cluster, here):
        assert comes_true(lambda: len(new()) == 2, MOVE_S)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_pjsua2_has_its_lamps_at_the_other_node_by_itself(cluster: Cluster, staff: Staff, transport: Transport) -> None:
    own = staff.by_dns("102", transport=transport, name_server=cluster["one"].address)
    lasts = 60 if transport == "udp" else 3600
    with Phone("Bob", auth_user="102", expires=lasts, comes_back=True, **own) as bob:
        assert bob.register().code == 200
        with lamps_move(cluster, "102"):
            bob.watches(f"sip:101@{DOMAIN};transport={transport}")


def test_baresip_has_its_lamps_at_the_other_node_by_itself(cluster: Cluster, staff: Staff) -> None:
    own = staff.by_dns("103")
    host = next(each for each in PHONES if cluster.network.address(each) == own["address"])
    with (
        cluster.network.resolving(host, cluster["one"].address),
        ExitStack() as phone,
        lamps_move(cluster, "103"),
    ):
        carol = phone.enter_context(Baresip(**{**own, "proxy": ""}, interval_s=60, friends=("101",)))
        carol.says("200 OK")
