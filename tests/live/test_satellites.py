"""A branch with a satellite: one system while the link is there, and a system of its own while it is cut."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.lab.branches import LIEGE
from tests.lab.cluster import DOMAIN, Machine
from tests.lab.known import comes_true, name
from tests.lab.prefix import prefix
from tests.live.branch import Branch, accounts, is_up, reaches_alice_outside, trunks
from tests.live.talking import calls, final, hangs_up, talk
from tests.phones.dialog import Dialog
from tests.phones.raw import RawAgent

from carillon.siblings import states
from carillon.stores.directory import DirectoryReader

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def building(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branch]:
    with Branch.open(prefix("st-"), Path(tmp_path_factory.mktemp("satellites"))) as branch:
        yield branch


def test_a_satellite_knows_everybody_and_only_its_own_phones(branch: Branch) -> None:
    assert name(branch.two, "101") == "Alice"
    assert accounts(branch.two) == {"201", "202"}
    assert not branch.two.paths.database.exists()
    assert not (branch.two.paths.cluster / "ca.key").exists()


def test_a_change_on_the_main_is_in_force_at_the_satellite(branch: Branch) -> None:
    branch.one.does("user", "set", "102", "--name", "Robert")
    assert comes_true(lambda: name(branch.two, "102") == "Robert")
    branch.one.does("user", "set", "102", "--name", "Bob")
    assert comes_true(lambda: name(branch.two, "102") == "Bob")


def test_whoever_moves_away_takes_his_phone_with_him(branch: Branch) -> None:
    branch.one.does("user", "set", "202", "--site", "main")
    assert comes_true(lambda: accounts(branch.two) == {"201"})
    branch.one.does("user", "set", "202", "--site", "liege")
    assert comes_true(lambda: accounts(branch.two) == {"201", "202"})


def test_calls_between_the_branch_and_the_main(branch: Branch) -> None:
    alice, carol = branch.phone("101", branch.one), branch.phone("201", branch.two)
    assert comes_true(lambda: branch.is_known(branch.one, carol) and branch.is_known(branch.two, alice))
    hangs_up(*talk(alice, carol))
    hangs_up(*talk(carol, alice))


def test_a_satellite_says_where_changes_are_made(branch: Branch) -> None:
    refused = branch.two.asks("user", "add", "203", "--name", "Erin")
    assert refused.error.startswith("dir: this machine is a satellite; do that on a main (node1 at 10.78.0.1)")


def test_the_main_says_how_far_its_satellite_is(branch: Branch) -> None:
    assert comes_true(lambda: (branch.listed()["state"], branch.listed()["behind"]) == ("up", 0))
    assert branch.follower(branch.one) == ""


def test_a_branch_that_is_cut_off_goes_on_and_catches_up(branch: Branch) -> None:
    alice, carol, dave = (
        branch.phone("101", branch.one),
        branch.phone("201", branch.two),
        branch.phone("202", branch.two),
    )
    assert comes_true(lambda: branch.is_known(branch.two, alice))
    with branch.cut_off():
        hangs_up(*talk(carol, dave))
        assert final(carol, calls(carol, f"sip:101@{DOMAIN}")).code == 480
        people = "".join(f"{extension},Person {extension}\n" for extension in range(1000, 1300))
        file = branch.one.directory / "people.csv"
        file.write_text(f"extension,name\n{people}")
        branch.one.does("user", "import", str(file))
        branch.one.does("user", "set", "102", "--name", "Robert")
        assert comes_true(lambda: branch.listed()["state"] == "silent")
        assert branch.listed()["behind"] > 300
        assert "satellite liege: silent for" in branch.follower(branch.one)
        assert carol.register(expires=3600).code == 200
    assert comes_true(lambda: (name(branch.two, "1299"), name(branch.two, "102")) == ("Person 1299", "Robert"))
    assert comes_true(lambda: branch.listed()["behind"] == 0)
    assert comes_true(lambda: branch.is_known(branch.one, carol) and branch.is_known(branch.one, dave))
    branch.one.does("user", "set", "102", "--name", "Bob")
    assert comes_true(lambda: name(branch.two, "102") == "Bob")


def test_a_colleague_beyond_a_link_that_is_cut_is_called_by_his_number_outside(branch: Branch) -> None:
    """Where he has one, and by the trunk of the branch; the caller hears why where he has none."""
    provider = branch.provider()
    branch.one.does("number", "add", "+3225550101", "--to", "101")
    assert comes_true(lambda: trunks(branch.two) == {LIEGE.trunk} and name(branch.two, "+3225550101") == "Alice")
    alice, carol = branch.phone("101", branch.one), branch.phone("201", branch.two)
    assert comes_true(lambda: branch.is_known(branch.two, alice))
    hangs_up(*talk(carol, alice))
    with branch.cut_off():
        received = reaches_alice_outside(carol, provider)
        assert "Carol" in (received.header("P-Asserted-Identity") or "")
        refused = final(carol, calls(carol, f"sip:102@{DOMAIN}"))
        assert (refused.code, "The link to Bob is cut" in (refused.header("Warning") or "")) == (480, True)
        invite = calls(carol, f"sip:112@{DOMAIN}")
        received = provider.expect("INVITE")
        assert received.uri.startswith("sip:112@")
        provider.respond(received, 486)
        assert final(carol, invite).code == 486
    assert comes_true(lambda: branch.is_known(branch.two, alice) and is_up(branch.two, "node1"))
    hangs_up(*talk(carol, alice))


def test_a_colleague_is_called_outside_before_anybody_has_noticed_that_the_link_is_cut(branch: Branch) -> None:
    """The way to his phone is silent first, and the call goes on as when the cut is known."""
    provider = branch.provider()
    branch.one.asks("number", "add", "+3225550101", "--to", "101")
    assert comes_true(lambda: trunks(branch.two) == {LIEGE.trunk} and name(branch.two, "+3225550101") == "Alice")
    alice, carol = branch.phone("101", branch.one), branch.phone("201", branch.two)
    assert comes_true(lambda: branch.is_known(branch.two, alice) and is_up(branch.two, "node1"))
    hangs_up(*talk(carol, alice))
    with branch.just_cut_off():
        reaches_alice_outside(carol, provider)
    assert comes_true(lambda: is_up(branch.two, "node1"))


def test_what_is_dialled_at_the_branch_counts_everywhere(branch: Branch) -> None:
    assert branch.hears_mains()
    carol = branch.phone("201", branch.two)
    dials(carol, "*26")
    assert comes_true(lambda: is_undisturbed(branch.one, "201") and is_undisturbed(branch.two, "201"))
    dials(carol, "#26")
    assert comes_true(lambda: not is_undisturbed(branch.one, "201") and not is_undisturbed(branch.two, "201"))
    assert branch.handed_over() == []


def test_what_is_dialled_while_the_link_is_cut_counts_there_at_once_and_everywhere_later(branch: Branch) -> None:
    """Also when the satellite is killed meanwhile; what is no change is refused with its reason."""
    carol, dave = branch.phone("201", branch.two), branch.phone("202", branch.two)
    with branch.cut_off():
        dials(carol, "*26")
        assert final(dave, calls(dave, f"sip:201@{DOMAIN}")).code == 486
        dials(dave, "*21201")
        assert final(dave, calls(dave, f"sip:*21202@{DOMAIN}"), timeout=15).code == 403
        assert [one["what"] for one in branch.waiting()] == ["presence set dnd", "forwarding set always 201"]
        assert "2 changes wait to be handed over to a main" in branch.follower(branch.two)
        branch.kills_satellite()
        assert is_undisturbed(branch.two, "201")
        dials(carol, "#26")
        hangs_up(*talk(dave, carol))
        assert not is_undisturbed(branch.one, "201")
    assert comes_true(lambda: branch.waiting() == [] and forwards(branch.one, "202") == ["201"], 60)
    assert not is_undisturbed(branch.one, "201")
    assert [(one["what"], one["outcome"]) for one in branch.handed_over()] == [
        ("presence set dnd", "done"),
        ("forwarding set always 201", "done"),
        ("dnd end", "done"),
    ]
    assert comes_true(lambda: forwards(branch.two, "202") == ["201"])
    dials(dave, "#21")
    assert comes_true(lambda: forwards(branch.one, "202") == forwards(branch.two, "202") == [])


def test_of_two_changes_of_the_same_the_later_one_wins(branch: Branch) -> None:
    """Whoever made it, on which side of the link; who has lost is told of in the journal."""
    carol, dave = branch.phone("201", branch.two), branch.phone("202", branch.two)
    assert comes_true(lambda: branch.follower(branch.two) == "", 60)
    known = len(branch.handed_over())
    with branch.cut_off():
        branch.one.does("presence", "set", "201", "away")
        dials(carol, "*26")
        dials(dave, "*26")
        branch.one.does("presence", "set", "202", "away")
    assert comes_true(lambda: len(branch.handed_over()) == known + 2, 60)
    won, lost = branch.handed_over()[known:]
    assert (won["person"], won["outcome"]) == (f"201@{DOMAIN}", "done")
    assert (lost["person"], lost["outcome"]) == (f"202@{DOMAIN}", "lost")
    assert "changed the same at" in lost["why"]
    journalled = branch.one.does("change", "list", "--noun", "presence").output
    assert f"presence 202@{DOMAIN} handed over" in journalled
    assert comes_true(lambda: is_undisturbed(branch.one, "201") and is_undisturbed(branch.two, "201"))
    assert comes_true(lambda: not is_undisturbed(branch.one, "202") and not is_undisturbed(branch.two, "202"))
    for extension in ("201", "202"):
        branch.one.does("presence", "clear", extension)
    assert comes_true(lambda: not is_undisturbed(branch.two, "201"))


def dials(phone: RawAgent, code: str) -> None:
    """A code that is confirmed."""
    invite = calls(phone, f"sip:{code}@{DOMAIN}")
    answer = final(phone, invite)
    assert answer.code == 200
    dialog = Dialog.called(phone, invite, answer)
    dialog.ack()
    phone.respond(phone.expect("BYE", timeout=15), 200)


def is_undisturbed(machine: Machine, extension: str) -> bool:
    """Whether somebody is called at a machine although he must not be disturbed."""
    reader = DirectoryReader(machine.paths.run_directory)
    party = reader.party(DOMAIN, extension)
    reader.close()
    return party is not None and any(row.dnd for row in party.presence)


def forwards(machine: Machine, extension: str) -> list[str]:
    """To whom somebody's calls go, always."""
    reader = DirectoryReader(machine.paths.run_directory)
    party = reader.party(DOMAIN, extension)
    reader.close()
    return [] if party is None else [row.targets[0] for row in party.forwarding if row.cause == "always"]


def test_a_satellite_that_is_restarted_while_it_is_cut_off_starts_with_what_it_knew(branch: Branch) -> None:
    branch.one.does("user", "set", "102", "--name", "Robert")
    assert comes_true(lambda: name(branch.two, "102") == "Robert")
    with branch.cut_off():
        branch.two.does("down")
        branch.two.does("up")
        assert name(branch.two, "102") == "Robert"
        hangs_up(*talk(branch.phone("201", branch.two), branch.phone("202", branch.two)))
        branch.one.does("user", "set", "102", "--name", "Bob")
    assert comes_true(lambda: name(branch.two, "102") == "Bob")


def test_a_satellite_that_is_stolen_is_told_nothing_any_more(branch: Branch) -> None:
    """Also while it is up; what it had stays with it, and it says so. Nobody's call goes there."""
    before = branch.phone("202", branch.two)
    assert comes_true(lambda: branch.is_known(branch.one, before))
    branch.one.does("satellite", "remove", "liege")
    assert comes_true(lambda: "is no satellite of this system (any more)" in branch.follower(branch.two), 60)
    assert comes_true(lambda: states.read(branch.one.paths.sibling_states) == [], 60)
    assert comes_true(lambda: not branch.is_known(branch.one, before), 60)
    branch.one.does("user", "set", "102", "--name", "Secret")
    carol = branch.phone("201", branch.two)
    assert not comes_true(lambda: name(branch.two, "102") == "Secret" or branch.is_known(branch.one, carol), 4)
