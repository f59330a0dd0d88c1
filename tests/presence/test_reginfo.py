"""Registrations as a watcher reads them: what came, was refreshed, ended or was taken back."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.schemas.valid import faults

from carillon.presence.reginfo import Contact, ContactEvent, followed, parse, to_text, write

BOB, NOW = "sip:102@example.org", 1_800_000_000.0
DESK = Contact("uloc-1", "sip:102@192.0.2.7:5060", NOW + 3600, 0.5, "c", 7)
MOBILE = Contact("uloc-2", "sip:102@[2001:db8::7]:5060;transport=tcp", NOW + 60)
NAMESPACE = "{urn:ietf:params:xml:ns:reginfo}"

words = st.text(max_size=12)
contacts = st.builds(
    Contact, words, words, st.floats(NOW - 9, NOW + 9999), st.none() | st.floats(0, 1), words, st.integers(0, 2**31),
    st.sampled_from(ContactEvent),
)  # fmt: skip


def events(told: tuple[Contact, ...]) -> dict[str, str]:
    """What is said of each contact."""
    return {each.id: str(each.event) for each in told}


def test_a_contact_comes_is_refreshed_and_goes() -> None:
    came = followed((), (DESK,), NOW)
    assert events(came) == {"uloc-1": "registered"}
    assert followed(came, (DESK,), NOW) == came
    refreshed = followed(came, (replace(DESK, ends=NOW + 4000, cseq=8), MOBILE), NOW)
    assert events(refreshed) == {"uloc-1": "refreshed", "uloc-2": "registered"}
    left = followed(refreshed, (MOBILE,), NOW)
    assert events(left) == {"uloc-2": "registered", "uloc-1": "unregistered"}
    assert followed(left, (MOBILE,), NOW) == left, "it is told of until the next thing happens"
    assert events(followed(left, (), NOW + 60)) == {"uloc-2": "expired"}


def test_a_contact_that_ends_sooner_was_shortened() -> None:
    assert events(followed((DESK,), (replace(DESK, ends=NOW + 60),), NOW)) == {"uloc-1": "shortened"}


def test_a_contact_that_comes_back_is_a_new_one() -> None:
    gone = followed((DESK,), (), NOW)
    assert events(followed(gone, (DESK,), NOW)) == {"uloc-1": "registered"}


@pytest.mark.parametrize(
    ("told", "state"), [((), "init"), ((DESK,), "active"), ((replace(DESK, event=ContactEvent.EXPIRED),), "terminated")]
)
def test_the_whole_registration_is_active_while_one_contact_is(told: tuple[Contact, ...], state: str) -> None:
    root = ElementTree.fromstring(write(BOB, told, 1, NOW))
    registration = root.find(f"{NAMESPACE}registration")
    assert registration is not None
    assert registration.get("state") == state
    assert registration.get("aor") == BOB


def test_how_long_a_contact_has_left_is_told_while_it_is_active() -> None:
    assert 'expires="3600" q="0.5" callid="c" cseq="7"' in write(BOB, (DESK,), 1, NOW)
    assert "expires=" not in write(BOB, (replace(DESK, event=ContactEvent.UNREGISTERED),), 1, NOW)


@given(st.lists(contacts, max_size=3), st.integers(0, 2**31))
def test_documents_of_registrations_are_valid(told: list[Contact], version: int) -> None:
    assert faults(write(BOB, told, version, NOW)) == []


@given(st.lists(contacts, max_size=3).map(tuple))
def test_what_is_kept_is_what_was_told(told: tuple[Contact, ...]) -> None:
    assert parse(to_text(told)) == told


def test_the_schema_finds_what_is_wrong() -> None:
    document = write(BOB, (DESK,), 1, NOW)
    for right, wrong in ((' event="registered"', ' event="born"'), (' id="uloc-1"', ""), ("<uri>", "<url>")):
        assert right in document
        assert faults(document.replace(right, wrong).replace("</uri>", "</url>" if wrong == "<url>" else "</uri>"))
