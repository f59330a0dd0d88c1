"""What a watcher is shown of a person: the rule that counts, and what it leaves of the picture."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carillon.model.presence import PresenceState
from carillon.presence import dialoginfo, pidf
from carillon.presence.picture import UNKNOWN_PERSON, DialogState, Line, Picture, Rule, VoiceMessages
from carillon.presence.privacy import RuleRow, rule_of, shown_to

TALKS = Line("1", DialogState.CONFIRMED, False, "+32475123456", "Jan", "call@gw", "a", "b")
BOB = Picture(PresenceState.AWAY, False, "Doctor", "manual", None, True, (TALKS,), VoiceMessages(1, 0))
GROUPS = {"sales": frozenset({"102", "101"}), "support": frozenset({"104"})}
D = "example.org"


def under(rule: Rule) -> Picture:
    return Picture.parse(replace(BOB, rule=rule).to_text())


@pytest.mark.parametrize(
    ("watchers", "allowed"),
    [
        ("everybody", None),
        ("nobody", ()),
        ("groups", ("101", "102")),
        ("group:support", ("104",)),
        ("groups 103", ("101", "102", "103")),
        ("group:gone", ()),
        (None, None),
    ],
)
def test_who_may_watch(watchers: str | None, allowed: tuple[str, ...] | None) -> None:
    assert rule_of("102", RuleRow(D, "102", watchers=watchers), None, GROUPS).watchers == allowed


def test_a_persons_own_row_counts_before_that_of_his_domain() -> None:
    common = RuleRow(D, busy_in_call=False, watchers="nobody", note=False)
    assert rule_of("102", None, common, {}) == Rule(False, (), note=False)
    assert rule_of("102", RuleRow(D, "102", watchers="everybody", note=True), common, {}) == Rule(False, None)
    assert rule_of("102", None, None, {}) == Rule()


def test_who_may_not_watch_sees_somebody_who_is_not_there() -> None:
    shown = shown_to("103", "102", under(Rule(watchers=("101",))))
    stranger = UNKNOWN_PERSON
    assert pidf.write("sip:102@example.org", shown) == pidf.write("sip:102@example.org", stranger)
    assert dialoginfo.write("sip:102@example.org", shown, 1) == dialoginfo.write("sip:102@example.org", stranger, 1)


def test_who_may_watch_and_the_person_himself_see_all() -> None:
    picture = under(Rule(watchers=("101",)))
    assert shown_to("101", "102", picture) == picture
    assert shown_to("102", "102", under(Rule(watchers=(), note=False, callers=False))).note == "Doctor"


def test_without_the_note_and_without_who_calls() -> None:
    shown = shown_to("101", "102", under(Rule(note=False, callers=False)))
    assert "Doctor" not in pidf.write("sip:102@example.org", shown)
    lamp = dialoginfo.write("sip:102@example.org", shown, 1)
    assert "confirmed" in lamp
    assert "call@gw" in lamp
    assert "Jan" not in lamp
    assert "475" not in lamp


def test_a_call_that_makes_nobody_busy_is_no_activity() -> None:
    assert "on-the-phone" in pidf.write("sip:102@example.org", under(Rule()))
    assert "on-the-phone" not in pidf.write("sip:102@example.org", under(Rule(busy_in_call=False)))
