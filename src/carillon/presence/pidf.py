"""Presence documents: reading what phones publish, writing what watchers read (RFC 3863, RFC 4479, RFC 4480)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

from carillon.model.presence import LONGEST_NOTE, PresenceState
from carillon.presence.activities import activities_of, state_of
from carillon.presence.markup import attribute, content
from carillon.presence.picture import Picture
from carillon.presence.xml import BadDocument, parsed

TYPE: Final = "application/pidf+xml"
LONGEST: Final = 16 * 1024
"""Bytes of a document that a phone may publish; theirs have some hundred."""

_PIDF = "urn:ietf:params:xml:ns:pidf"
_MODEL = "urn:ietf:params:xml:ns:pidf:data-model"
_RPID = "urn:ietf:params:xml:ns:pidf:rpid"


@dataclass(frozen=True, slots=True)
class Published:
    """What a document says: a state, a note, and whether it is for somebody who is there (`basic` is not `closed`)."""

    entity: str
    state: PresenceState
    note: str | None = None
    is_open: bool = True


def read(body: str) -> Published:
    """What a phone publishes. Raises BadDocument, also for one that declares entities: none is ever expanded."""
    if len(body.encode()) > LONGEST:
        raise BadDocument(f"it is longer than {LONGEST} bytes")
    root = parsed(body)
    if root.tag != f"{{{_PIDF}}}presence":
        raise BadDocument("its root is no presence of PIDF")
    basics = [(each.text or "").strip() for each in root.iter(f"{{{_PIDF}}}basic")]
    is_open = not basics or "open" in basics
    activities = _activities(root)
    return Published(root.get("entity", ""), state_of(activities), _note(root), is_open)


def write(entity: str, of: Picture) -> str:
    """The document for watchers of `entity` (a SIP URI): reached or not, in which state, with which note.

    A phone that is registered is `open`; nobody's is `closed`: that is how "off" is told from "idle".
    """
    basic = "open" if of.registered else "closed"
    named = "".join(f"<rpid:{each}/>" for each in activities_of(of.state, in_call=of.in_call and of.rule.busy_in_call))
    activities = f"<rpid:activities>{named}</rpid:activities>" if named else ""
    note = f"<dm:note>{content(of.note)}</dm:note>" if of.note else ""
    tuple_note = f"<note>{content(of.note)}</note>" if of.note else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<presence xmlns="{_PIDF}" xmlns:dm="{_MODEL}" xmlns:rpid="{_RPID}" entity={attribute(entity)}>'
        f'<tuple id="phones"><status><basic>{basic}</basic></status>{tuple_note}</tuple>'
        f'<dm:person id="person">{activities}{note}</dm:person>'
        "</presence>\n"
    )


def _activities(root: ElementTree.Element) -> tuple[str, ...]:
    """The names of all activities, also of those that older phones put beside the tuple."""
    found = root.iter(f"{{{_RPID}}}activities")
    prefix = f"{{{_RPID}}}"
    return tuple(each.tag.removeprefix(prefix) for group in found for each in group if each.tag.startswith(prefix))


def _note(root: ElementTree.Element) -> str | None:
    """The first note that says something: of the person before those of RPID and PIDF."""
    for name in (f"{{{_MODEL}}}note", f"{{{_RPID}}}note", f"{{{_PIDF}}}note"):
        for each in root.iter(name):
            text = " ".join((each.text or "").split())
            if text and text.isprintable():
                return text[:LONGEST_NOTE]
    return None
