"""What watchers may be shown of a person: the merged state, whether he is reached, and his calls. As text between
processes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from carillon.model.fields import fields_of
from carillon.model.presence import PresenceState


class DialogState(StrEnum):
    """How far a call of a person is (RFC 4235 §3.7.1); what has ended is not shown at all."""

    EARLY = "early"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Line:
    """One call of a person, as lamps show it. `calling`: the person made it. `other` is the other side.

    Call-ID and tags are those of the dialog between our Asterisk and the person's phone, as the phone sees it: what
    INVITE with Replaces names (RFC 3891). They are "" while they are not known. `node` is the sibling at which the call
    is, "" for this node.
    """

    id: str
    state: DialogState
    calling: bool
    other: str = ""
    other_name: str = ""
    call_id: str = ""
    local_tag: str = ""
    remote_tag: str = ""
    node: str = ""


@dataclass(frozen=True, slots=True)
class VoiceMessages:
    """How many voice messages wait for a person: not heard yet, and heard."""

    new: int = 0
    old: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """What watchers are shown of a person, and whom he lets watch: extensions of his domain, None for all of it.

    `busy_in_call`: a call that is up makes him busy. `note`, `callers`: watchers are shown his note, and who calls.
    """

    busy_in_call: bool = True
    watchers: tuple[str, ...] | None = None
    note: bool = True
    callers: bool = True


@dataclass(frozen=True, slots=True)
class Forwards:
    """To whom a person forwards his calls without conditions, as his phones' keys show it; "" for nobody.

    `after_s` is how long his phones ring first where nobody answers.
    """

    always: str = ""
    busy: str = ""
    no_answer: str = ""
    after_s: int = 0


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is known of a person. `privacy.shown_to` says what of it a watcher is shown.

    `until` is in Unix seconds.
    """

    state: PresenceState = PresenceState.DEFAULT
    dnd: bool = False
    note: str | None = None
    source: str = ""
    until: float | None = None
    registered: bool = False
    lines: tuple[Line, ...] = ()
    voice: VoiceMessages = VoiceMessages()
    rule: Rule = Rule()
    forwards: Forwards = Forwards()

    @property
    def in_call(self) -> bool:
        """Whether a call of the person is up."""
        return any(line.state is DialogState.CONFIRMED for line in self.lines)

    def to_text(self) -> str:
        """The picture as JSON."""
        return json.dumps(self, separators=(",", ":"), default=fields_of)

    @classmethod
    def parse(cls, text: str) -> Picture:
        """The picture that `to_text` wrote; raises KeyError, TypeError or ValueError on anything else."""
        values = json.loads(text)
        lines = tuple(Line(**{**line, "state": DialogState(line["state"])}) for line in values.pop("lines"))
        voice = VoiceMessages(**values.pop("voice"))
        rule, forwards = _rule(values.pop("rule")), Forwards(**values.pop("forwards", {}))
        return cls(
            **{**values, "state": PresenceState(values["state"])},
            lines=lines,
            voice=voice,
            rule=rule,
            forwards=forwards,
        )


def _rule(values: dict[str, Any]) -> Rule:
    watchers = values["watchers"]
    return Rule(**{**values, "watchers": None if watchers is None else tuple(watchers)})


UNKNOWN_PERSON = Picture()
"""Somebody of whom nothing is said, and who has no phone that is registered."""
