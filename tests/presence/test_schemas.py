"""What we write for watchers is valid by the schemas of the RFCs, whatever people are called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.schemas.valid import faults

from carillon.model.presence import PresenceState
from carillon.presence import dialoginfo, pidf
from carillon.presence.picture import DialogState, Line, Picture

BOB = "sip:102@example.org"
PRESENCE = pidf.write(BOB, Picture(PresenceState.BUSY, note="Not now", registered=True))
LAMPS = dialoginfo.write(BOB, Picture(lines=(Line("x", DialogState.EARLY, False, "101@example.org", "Alice"),)), 7)

words = st.text(max_size=20)
lines = st.builds(Line, words, st.sampled_from(DialogState), st.booleans(), words, words, words, words, words)
pictures = st.builds(
    Picture,
    state=st.sampled_from(PresenceState),
    note=st.none() | words,
    registered=st.booleans(),
    lines=st.lists(lines, max_size=3).map(tuple),
)


@given(pictures)
def test_presence_documents_are_valid(picture: Picture) -> None:
    assert faults(pidf.write(BOB, picture)) == []


@given(pictures, st.integers(0, 2**31))
def test_documents_of_lamps_are_valid(picture: Picture, version: int) -> None:
    assert faults(dialoginfo.write(BOB, picture, version)) == []


@pytest.mark.parametrize(
    ("document", "right", "wrong"),
    [
        (PRESENCE, "<rpid:busy/>", "<rpid:bussy/>"),
        (PRESENCE, "<basic>open</basic>", "<basic>ajar</basic>"),
        (PRESENCE, ' id="person"', ""),
        (PRESENCE, f' entity="{BOB}"', ""),
        (LAMPS, 'version="7"', 'version="-7"'),
        (LAMPS, 'direction="recipient"', 'direction="both"'),
        (LAMPS, "<state>early</state>", ""),
        (LAMPS, " display=", " name="),
    ],
)
def test_the_schemas_find_what_is_wrong(document: str, right: str, wrong: str) -> None:
    assert right in document
    assert faults(document) == []
    assert faults(document.replace(right, wrong)) != []
