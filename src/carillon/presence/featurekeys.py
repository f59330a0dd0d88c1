"""Keys of phones that show do not disturb and forwarding, and set them ("feature key synchronization").

A phone subscribes to `as-feature-event`; a SUBSCRIBE with a body sets something, each NOTIFY says how all is. No RFC:
it is ECMA-323 (CSTA) in the way that BroadSoft's servers and the makers of phones agree on. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from carillon.model.forwarding import Cause
from carillon.presence.markup import content
from carillon.presence.picture import Forwards
from carillon.presence.xml import BadDocument, parsed

EVENT: Final = "as-feature-event"
CARRIED: Final = "ua-profile"
"""The presence server has no package of that name; this one, which nobody else uses, carries it there."""
TYPE: Final = "application/x-as-feature-event+xml"
LONGEST: Final = 4096
"""Bytes of a body; those of phones have three hundred."""
BOUNDARY: Final = "carillon-feature-keys"
A_RING_S: Final = 6
"""Phones count how long to ring in rings, servers of this kind take one for so long."""

_NAMESPACE: Final = "http://www.ecma-international.org/standards/ecma-323/csta/ed3"
_CAUSES: Final = {
    "forwardImmediate": Cause.ALWAYS,
    "forwardBusy": Cause.BUSY,
    "forwardNoAns": Cause.NO_ANSWER,
}
_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a phone's key sets: do not disturb when `cause` is None, else forwarding for that cause to `number`."""

    on: bool
    cause: Cause | None = None
    number: str = ""

    def change(self, aor: str) -> tuple[str, ...]:
        """The change of the truth, by the names of `asterisk.changes`, with its arguments."""
        if self.cause is None:
            return ("presence set", aor, "dnd") if self.on else ("dnd end", aor)
        cause = str(self.cause)
        return ("forwarding set", aor, cause, self.number) if self.on else ("forwarding unset", aor, cause)


def read(body: str) -> Wish:
    """What a phone sets. Whose `device` it names does not matter: it is that of who has subscribed.

    Raises BadDocument for anything else, and for fields that say nothing that we know.
    """
    if len(body.encode()) > LONGEST:
        raise BadDocument(f"it is longer than {LONGEST} bytes")
    root = parsed(body)
    fields = {_name(each.tag): (each.text or "").strip() for each in root}
    match _name(root.tag):
        case "SetDoNotDisturb":
            return Wish(_flag(fields, "doNotDisturbOn"))
        case "SetForwarding":
            return _forwarding(fields)
        case other:
            raise BadDocument(f"{other} sets nothing that we know")


def write(extension: str, dnd: bool, forwards: Forwards) -> tuple[str, str]:
    """The media type, with its parameter, and the body: all keys of a person, whichever has changed."""
    documents = "".join(
        f"--{BOUNDARY}\r\nContent-Type: {TYPE}\r\nContent-Length: {len(each.encode())}\r\n\r\n{each}\r\n"
        for each in _documents(extension, dnd, forwards)
    )
    return f'multipart/mixed;boundary="{BOUNDARY}"', f"{documents}--{BOUNDARY}--\r\n"


def _documents(extension: str, dnd: bool, forwards: Forwards) -> Iterator[str]:
    yield _document("DoNotDisturbEvent", device=extension, doNotDisturbOn=_word(dnd))
    to = {Cause.ALWAYS: forwards.always, Cause.BUSY: forwards.busy, Cause.NO_ANSWER: forwards.no_answer}
    for kind, cause in _CAUSES.items():
        target = to[cause]
        fields = {"device": extension, "forwardingType": kind, "forwardStatus": _word(bool(target))}
        if target:
            fields["forwardTo"] = target
        if target and cause is Cause.NO_ANSWER:
            fields["ringCount"] = str(max(1, round(forwards.after_s / A_RING_S)))
        yield _document("ForwardingEvent", **fields)


def _document(name: str, **fields: str) -> str:
    inside = "".join(f"<{field}>{content(value)}</{field}>" for field, value in fields.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="{_NAMESPACE}">{inside}</{name}>\n'


def _forwarding(fields: dict[str, str]) -> Wish:
    kind = fields.get("forwardingType", "")
    if kind not in _CAUSES:
        raise BadDocument(f"forwardingType {kind or 'is missing'}: we know {', '.join(_CAUSES)}")
    on, number = _flag(fields, "activateForward"), _number(fields.get("forwardDN", ""))
    if on and not number:
        raise BadDocument("forwardDN is missing: to whom?")
    return Wish(on, _CAUSES[kind], number if on else "")


def _number(text: str) -> str:
    """Some phones write an address: what is in front of the @ counts."""
    return text.removeprefix("sip:").removeprefix("tel:").partition("@")[0]


def _flag(fields: dict[str, str], name: str) -> bool:
    text = fields.get(name, "")
    if text not in _FLAGS:
        raise BadDocument(f"{name} {text or 'is missing'}: write true or false")
    return _FLAGS[text]


def _name(tag: str) -> str:
    """Without its namespace, which phones write in several ways."""
    return tag.rpartition("}")[2]


def _word(flag: bool) -> str:
    return "true" if flag else "false"
