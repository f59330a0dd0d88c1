"""Presence documents: what is read of those that phones publish, and what is written for watchers."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carillon.model.presence import PresenceState
from carillon.presence import dialoginfo, pidf, summary
from carillon.presence.picture import DialogState, Line, Picture, VoiceMessages
from carillon.presence.xml import BadDocument

HEAD = (
    "<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' "
    "xmlns:rpid='urn:ietf:params:xml:ns:pidf:rpid' entity='sip:102@example.org'>"
)
LAUGHS = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))


def published(inside: str) -> pidf.Published:
    """What a document with this inside says."""
    return pidf.read(f"<?xml version='1.0'?>{HEAD}{inside}</presence>")


@pytest.mark.parametrize(
    ("activity", "state"),
    [("meeting", "away"), ("on-the-phone", "busy"), ("holiday", "vacation"), ("working", "default"), ("x", "default")],
)
def test_an_activity_is_one_of_four_states(activity: str, state: str) -> None:
    said = published(f"<dm:person id='p'><rpid:activities><rpid:{activity}/></rpid:activities></dm:person>")
    assert said.state == state


@pytest.mark.parametrize("inside", ["", "<dm:person id='p'/>", "<dm:person id='p'><rpid:activities/></dm:person>"])
def test_a_document_without_activities_is_the_default_state(inside: str) -> None:
    assert published(inside).state is PresenceState.DEFAULT


def test_notes_are_read_from_the_person_first() -> None:
    both = "<note>tuple</note><dm:person id='p'><dm:note> at\n lunch </dm:note></dm:person>"
    assert published(both).note == "at lunch"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "no XML"),
        ("<presence", "no XML"),
        ("<presence/>", "no presence"),
        (f"<!DOCTYPE p [<!ENTITY l0 'ha'>{LAUGHS}]>{HEAD}<note>&l9;</note></presence>", "document type"),
        (f"<!DOCTYPE p [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>{HEAD}<note>&x;</note></presence>", "document type"),
        (f"{HEAD}<note>{'x' * pidf.LONGEST}</note></presence>", "longer than"),
        (f"{HEAD}<note>&nbsp;</note></presence>", "no XML"),
    ],
)
def test_what_is_no_presence_document_is_refused(body: str, says: str) -> None:
    with pytest.raises(BadDocument, match=says):
        pidf.read(body)


@given(st.text(max_size=5000))
def test_no_text_at_all_is_read_as_something_else(text: str) -> None:
    with pytest.raises(BadDocument):
        pidf.read(text)


@given(st.sampled_from(list(PresenceState)), st.none() | st.text(min_size=1, max_size=30), st.booleans())
def test_what_we_write_can_be_read(state: PresenceState, note: str | None, registered: bool) -> None:
    said = pidf.read(pidf.write("sip:102@example.org", Picture(state, note=note, registered=registered)))
    assert (said.entity, said.state, said.is_open) == ("sip:102@example.org", state, registered)


@given(st.text(max_size=40), st.text(max_size=40))
def test_names_cannot_break_a_document_of_lamps(name: str, other: str) -> None:
    lines = (Line("x", DialogState.EARLY, False, f"sip:{other}", name, "call-id", "a", "b"),)
    root = ElementTree.fromstring(dialoginfo.write("sip:102@example.org", Picture(lines=lines), 7).encode())
    assert root.get("version") == "7"
    assert len(list(root)) == 1


def test_the_summary_of_voice_messages_is_written_as_rfc_3842_wants_it() -> None:
    text = summary.write("sip:102@example.org", Picture(voice=VoiceMessages(2, 8)))
    lines = ["Messages-Waiting: yes", "Message-Account: sip:102@example.org", "Voice-Message: 2/8 (0/0)", ""]
    assert text == "\r\n".join(lines)
    assert "Messages-Waiting: no\r\n" in summary.write("sip:102@example.org", Picture(voice=VoiceMessages(0, 8)))


@given(st.integers(0, 99), st.sampled_from(list(DialogState)), st.text(max_size=20))
def test_a_picture_is_the_same_after_its_way_between_processes(new: int, state: DialogState, name: str) -> None:
    picture = Picture(lines=(Line("x", state, True, "101@example.org", name),), voice=VoiceMessages(new, 1), note=name)
    assert Picture.parse(picture.to_text()) == picture
