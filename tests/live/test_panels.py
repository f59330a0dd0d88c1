"""Panels: a phone with many lamps watches them all by one subscription (RFC 4662)."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable
from xml.etree import ElementTree

import pytest
from tests.live.company import Company
from tests.live.talking import calls, final, hangs_up, talk
from tests.live.waiting import await_that
from tests.live.watching import DIALOG, Watch, kept
from tests.phones.dialog import Dialog
from tests.phones.message import Message
from tests.phones.raw import RawAgent
from tests.presence.related import Related
from tests.schemas.valid import faults

from carillon.provisioning import panels, presencerules, users
from carillon.provisioning.system import put_in_force
from carillon.stores.pictures import PictureReader

pytestmark = pytest.mark.engines

WHO = "the tests"
SUPPORTED = [("Supported", "eventlist"), ("Accept", "multipart/related, application/rlmi+xml")]


class PanelWatch(Watch):
    """A phone that watches a panel, and keeps what each lamp shows: as RFC 4662 says, or it asks for all anew."""

    def __init__(self, agent: RawAgent, company: Company, event: str = "dialog") -> None:
        self.shows: dict[str, str] = {}
        self.company = company
        super().__init__(agent, company.uri("desk"), event, headers=SUPPORTED)
        assert self.answer.header("Require") == "eventlist"
        assert self.read(self.told[0]).version == 0

    def next(self, timeout: float = 30.0) -> Message:
        """The next NOTIFY, read as a phone reads it."""
        told = super().next(timeout)
        while told.cseq in [each.cseq for each in self.told[:-1]]:  # sent again before it was answered
            self.told.pop()
            told = super().next(timeout)
        assert told.header("Require") == "eventlist"
        found = self.read(told)
        if found.is_full:
            self.shows = dict.fromkeys(found.people, "")
        elif len(self.told) > 1:
            assert found.version == self.read(self.told[-2]).version + 1, "nothing was missed"
        self.shows |= found.documents
        return told

    def read(self, told: Message) -> Related:
        """What a NOTIFY says, each part valid."""
        found = Related.read(told.header("Content-Type") or "", told.body)
        assert [faults(each) for each in found.all] == [[]] * len(found.all)
        return found

    @property
    def last(self) -> Related:
        """The last NOTIFY."""
        return self.read(self.told[-1])

    def lamp(self, extension: str) -> list[str]:
        """How far each call of somebody on the panel is; raises KeyError for who isn't there."""
        text = self.shows[self.company.uri(extension)]
        root = ElementTree.fromstring(text.encode())
        return [each.findtext(f"{DIALOG}state", "") for each in root.iter(f"{DIALOG}dialog")]

    def shows_that(self, fits: Callable[[], bool]) -> None:
        """Wait until the lamps show something."""
        self.until(lambda _: fits())


def desk(company: Company, members: Iterable[str]) -> None:
    """The panel `desk` of these."""
    panels.add(company.building.truth, WHO, f"desk@{company.domain}", tuple(members))
    put_in_force(company.building.paths)
    pictures = PictureReader(company.building.paths.pictures)
    await_that(lambda: bool(pictures.panel(f"desk@{company.domain}", "dialog")[0]), "the panel is drawn")


def changes(company: Company, **fields: Iterable[str]) -> None:
    """As `carillon panel set`."""
    given = {name: tuple(some) for name, some in fields.items()}
    panels.set(company.building.truth, WHO, f"desk@{company.domain}", **given)
    put_in_force(company.building.paths)


def hires_twenty(company: Company) -> list[str]:
    """The extensions of twenty people, Alice, Bob and Carol first."""
    others = [str(104 + n) for n in range(17)]
    for extension in others:
        company.building.hires(company.domain, extension, f"Person {extension}")
    return ["101", "102", "103", *others]


def test_twenty_lamps_by_one_subscription(company: Company) -> None:
    """One rings: a NOTIFY says so of him alone; and the key picks the call up."""
    everybody = hires_twenty(company)
    desk(company, everybody)
    company.building.groups(company.domain, "sales", ["101", "102", "103"])
    alice, bob, carol = (company.registered(each) for each in ("101", "102", "103"))
    watch = PanelWatch(carol, company)
    assert watch.last.is_full
    assert watch.last.people == [company.uri(each) for each in everybody]
    assert watch.last.names[:2] == ["Alice Martin", "Bob Dupont"]
    assert all(watch.lamp(each) == [] for each in everybody)
    invite = calls(alice, company.uri("102"))
    received = bob.expect("INVITE")
    bob.respond(received, 180, headers=[("Contact", f"<{bob.contact}>")])
    watch.shows_that(lambda: watch.lamp("102") == ["early"] and "local-tag" in watch.shows[company.uri("102")])
    partial = [watch.read(told) for told in watch.told[1:]]
    assert partial
    assert all(not each.is_full for each in partial)
    assert {uri for each in partial for uri in each.people} <= {company.uri("101"), company.uri("102")}
    assert partial[-1].people in ([company.uri("102")], [company.uri("101"), company.uri("102")])
    (dialog,) = ElementTree.fromstring(watch.shows[company.uri("102")].encode()).iter(f"{DIALOG}dialog")
    replaces = f"{dialog.get('call-id')};to-tag={dialog.get('local-tag')};from-tag={dialog.get('remote-tag')}"
    taken = calls(carol, company.uri("102"), [("Replaces", replaces)])
    Dialog.called(carol, taken, final(carol, taken)).ack()
    assert final(alice, invite).code == 200
    watch.shows_that(lambda: watch.lamp("102") == [] and watch.lamp("103") == ["confirmed"])


def test_who_comes_to_a_panel_or_leaves_it_is_shown_at_once(company: Company) -> None:
    desk(company, ["101", "102"])
    watch = PanelWatch(company.registered("103"), company)
    changes(company, remove=["101"], add=["103"])
    watch.shows_that(lambda: list(watch.shows) == [company.uri("102"), company.uri("103")])
    users.remove(company.building.truth, WHO, f"102@{company.domain}")
    put_in_force(company.building.paths)
    watch.shows_that(lambda: list(watch.shows) == [company.uri("103")])
    panels.remove(company.building.truth, WHO, f"desk@{company.domain}")
    put_in_force(company.building.paths)
    watch.shows_that(lambda: not watch.shows)
    assert watch.told[-1].header("Subscription-State") == "terminated;reason=noresource"
    assert watch.again().code == 404


@pytest.mark.parametrize("component", ["presence", "states"])
def test_a_panel_outlives_a_kill_of_what_tells_it(company: Company, component: str) -> None:
    desk(company, ["101", "102", "103"])
    alice, bob, carol = (company.registered(each) for each in ("101", "102", "103"))
    watch = PanelWatch(carol, company)
    await_that(lambda: bool(kept(company)), "the subscription is written")
    mine, theirs = talk(alice, bob)
    watch.shows_that(lambda: watch.lamp("102") == ["confirmed"])
    before = watch.last.version
    old = company.pid(component)
    os.kill(old, signal.SIGKILL)
    hangs_up(mine, theirs)
    # It answers all the while: a phone that answers nothing for half a minute is forgotten.
    watch.until(lambda _: watch.lamp("102") == [] == watch.lamp("101"), 60)
    assert watch.last.version > before
    mine, theirs = talk(alice, bob)
    watch.shows_that(lambda: watch.lamp("102") == ["confirmed"])
    hangs_up(mine, theirs)
    assert watch.again().code == 200
    watch.until(lambda told: watch.read(told).is_full)
    company.building.awaits_restart(component, old)


def test_a_refresh_is_told_everything_and_the_end_is_the_end(company: Company) -> None:
    desk(company, ["101", "102"])
    watch = PanelWatch(company.registered("103"), company)
    company.registered("101")
    assert watch.again().code == 200
    assert watch.read(watch.next()).is_full
    assert watch.again(expires=0).code == 200
    assert "terminated" in (watch.next().header("Subscription-State") or "")
    assert watch.again().code == 481


def test_presence_of_everybody_on_a_panel(company: Company) -> None:
    desk(company, ["101", "102"])
    watch = PanelWatch(company.registered("103"), company, "presence")
    company.building.is_in_state(company.domain, "102", "vacation")
    watch.shows_that(lambda: "vacation" in watch.shows[company.uri("102")])
    assert watch.last.people == [company.uri("102")]


def test_whom_somebody_may_not_watch_a_panel_shows_not_either(company: Company) -> None:
    desk(company, ["101", "102"])
    alice, bob, carol = (company.registered(each) for each in ("101", "102", "103"))
    watch = PanelWatch(carol, company)
    mine, theirs = talk(alice, bob)
    watch.shows_that(lambda: watch.lamp("102") == ["confirmed"] == watch.lamp("101"))
    presencerules.set(company.building.truth, WHO, f"102@{company.domain}", None, watchers=("101",))
    put_in_force(company.building.paths)
    watch.shows_that(lambda: watch.lamp("102") == [])
    assert watch.lamp("101") == ["confirmed"]
    hangs_up(mine, theirs)


def test_a_large_panel_comes_in_several_notifys(company: Company) -> None:
    """A hundred people, more than have room in one: in the end each lamp is told of."""
    everybody = [str(200 + n) for n in range(100)]
    for extension in everybody:
        company.building.hires(company.domain, extension, f"{extension} & {'Ä' * 50}")
    desk(company, everybody)
    watch = PanelWatch(company.registered("103"), company)
    watch.shows_that(lambda: all(watch.shows.values()))
    assert list(watch.shows) == [company.uri(each) for each in everybody]
    assert max(len(told.text.encode()) for told in watch.told) < 60_000
    company.building.is_in_state(company.domain, "299", "away")
    presence = PanelWatch(company.registered("101"), company, "presence")
    presence.shows_that(lambda: all(presence.shows.values()))
    assert "away" in presence.shows[company.uri("299")]


def test_who_can_not_read_lists_or_asks_for_more_is_told_so(company: Company) -> None:
    desk(company, ["101", "102"])
    carol = company.registered("103")

    def answered(whom: str, *headers: tuple[str, str]) -> Message:
        request = carol.request("SUBSCRIBE", company.uri(whom), headers=[("Expires", "600"), *headers])
        return carol.authenticated(request)

    lamps = ("Event", "dialog")
    refused = answered("desk", lamps)
    assert (refused.code, refused.header("Require")) == (421, "eventlist")
    unknown = answered("desk", lamps, ("Supported", "eventlist"), ("Require", "teleport"))
    assert (unknown.code, unknown.header("Unsupported")) == (420, "teleport")
    assert answered("102", lamps, ("Require", "teleport")).code == 420
    assert answered("counter", lamps, ("Supported", "eventlist")).code == 404
    other = answered("desk", ("Event", "message-summary"), ("Supported", "eventlist"))
    assert (other.code, other.header("Allow-Events")) == (489, "dialog, presence")
