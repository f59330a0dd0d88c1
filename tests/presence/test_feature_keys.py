"""Keys of phones for do not disturb and forwarding: what they are told, and what they set."""

from __future__ import annotations

import json
from email import message_from_string
from xml.etree import ElementTree

import pytest

from carillon.presence import featurekeys
from carillon.presence.featurekeys import Wish
from carillon.presence.picture import Forwards, Picture
from carillon.presence.xml import BadDocument
from carillon.states.sources import forwards_of

CSTA = "http://www.ecma-international.org/standards/ecma-323/csta/ed3"
BOB = "102@example.org"


def told(dnd: bool, forwards: Forwards) -> list[dict[str, str]]:
    """What a phone reads: the fields of each document, with its name."""
    kind, body = featurekeys.write("102", dnd, forwards)
    mixed = message_from_string(f"Content-Type: {kind}\r\n\r\n{body}")
    found = []
    for part in mixed.get_payload():
        assert not isinstance(part, str)
        assert part.get_content_type() == featurekeys.TYPE
        root = ElementTree.fromstring(part.get_payload(decode=True))
        fields = {each.tag.removeprefix(f"{{{CSTA}}}"): each.text or "" for each in root}
        found.append({"": root.tag.removeprefix(f"{{{CSTA}}}"), **fields})
    return found


def setting(name: str, **fields: str) -> str:
    inside = "".join(f"<{field}>{value}</{field}>" for field, value in fields.items())
    return f'<?xml version="1.0" encoding="ISO-8859-1"?><{name} xmlns="{CSTA}"><device></device>{inside}</{name}>'


def test_all_keys_are_told_of_at_once() -> None:
    assert told(True, Forwards(always="103", no_answer="+3225551234", after_s=20)) == [
        {"": "DoNotDisturbEvent", "device": "102", "doNotDisturbOn": "true"},
        {
            "": "ForwardingEvent",
            "device": "102",
            "forwardingType": "forwardImmediate",
            "forwardStatus": "true",
            "forwardTo": "103",
        },
        {"": "ForwardingEvent", "device": "102", "forwardingType": "forwardBusy", "forwardStatus": "false"},
        {
            "": "ForwardingEvent",
            "device": "102",
            "forwardingType": "forwardNoAns",
            "forwardStatus": "true",
            "forwardTo": "+3225551234",
            "ringCount": "3",
        },
    ]


@pytest.mark.parametrize(
    ("body", "change"),
    [
        (setting("SetDoNotDisturb", doNotDisturbOn="true"), ("presence set", BOB, "dnd")),
        (setting("SetDoNotDisturb", doNotDisturbOn="0"), ("dnd end", BOB)),
        (
            setting("SetForwarding", forwardingType="forwardImmediate", activateForward="true", forwardDN="103"),
            ("forwarding set", BOB, "always", "103"),
        ),
        (
            setting(
                "SetForwarding", forwardingType="forwardBusy", activateForward="1", forwardDN="sip:103@example.org"
            ),
            ("forwarding set", BOB, "busy", "103"),
        ),
        (
            setting(
                "SetForwarding", forwardingType="forwardNoAns", activateForward="true", forwardDN="1", ringCount="9"
            ),
            ("forwarding set", BOB, "no-answer", "1"),
        ),
        (
            setting("SetForwarding", forwardingType="forwardNoAns", activateForward="false", forwardDN="103"),
            ("forwarding unset", BOB, "no-answer"),
        ),
    ],
)
def test_what_a_key_sets(body: str, change: tuple[str, ...]) -> None:
    assert featurekeys.read(body).change(BOB) == change


def test_whose_device_it_names_does_not_matter() -> None:
    """It sets the keys of who has subscribed, and of nobody else."""
    body = setting("SetDoNotDisturb", doNotDisturbOn="true").replace("<device></device>", "<device>101</device>")
    assert featurekeys.read(body) == Wish(on=True)
    assert featurekeys.read(body).change(BOB)[1] == BOB


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "no XML"),
        ("<SetDoNotDisturb", "no XML"),
        (
            '<!DOCTYPE x [<!ENTITY e "true">]><SetDoNotDisturb><doNotDisturbOn>&e;</doNotDisturbOn></SetDoNotDisturb>',
            "type",
        ),
        (setting("SetDoNotDisturb"), "doNotDisturbOn is missing"),
        (setting("SetDoNotDisturb", doNotDisturbOn="perhaps"), "doNotDisturbOn perhaps"),
        (setting("SetAgentState", agentState="ready"), "SetAgentState sets nothing"),
        (setting("SetForwarding", forwardingType="forwardDND", activateForward="true"), "forwardingType forwardDND"),
        (setting("SetForwarding", forwardingType="forwardBusy", forwardDN="103"), "activateForward is missing"),
        (setting("SetForwarding", forwardingType="forwardBusy", activateForward="true"), "forwardDN is missing"),
        (setting("SetDoNotDisturb", doNotDisturbOn="true", x="x" * 5000), "longer than"),
    ],
)
def test_what_sets_nothing_is_refused_with_the_reason(body: str, says: str) -> None:
    with pytest.raises(BadDocument, match=says):
        featurekeys.read(body)


def test_a_key_shows_rows_for_a_number_without_conditions() -> None:
    rows = [
        [1, "always", ["104"], ["away"], None, None, None, None, None],
        [2, "busy", ["voicemail"], [], None, None, None, None, None],
        [3, "busy", ["103"], [], None, None, None, None, None],
        [4, "no-answer", ["+3225551234"], [], None, None, None, 25, None],
        [5, "no-answer", ["103"], [], None, None, None, 5, None],
    ]
    assert forwards_of(json.dumps(rows)) == Forwards(busy="103", no_answer="+3225551234", after_s=25)
    assert forwards_of("") == Forwards()


def test_they_are_kept_with_the_picture() -> None:
    picture = Picture(dnd=True, forwards=Forwards(busy="103"))
    assert Picture.parse(picture.to_text()) == picture
