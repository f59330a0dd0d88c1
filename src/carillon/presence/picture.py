"""What watchers may be shown of a person: the merged state, whether he is reached, and his calls. As text between
processes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum

from carillon.model.presence import PresenceState


class DialogState(StrEnum):
    """How far a call of a person is (RFC 4235 §3.7.1); what has ended is not shown at all."""

    EARLY = "early"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Line:
    """One call of a person, as lamps show it. `calling`: the person made it. `other` is the other side.

    Call-ID and tags are those of the dialog between our Asterisk and the person's phone, as the phone sees it: what
    INVITE with Replaces names (RFC 3891). They are "" while they are not known.
    """

    id: str
    state: DialogState
    calling: bool
    other: str = ""
    other_name: str = ""
    call_id: str = ""
    local_tag: str = ""
    remote_tag: str = ""


@dataclass(frozen=True, slots=True)
class VoiceMessages:
    """How many voice messages wait for a person: not heard yet, and heard."""

    new: int = 0
    old: int = 0


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is shown of a person. `note` is for everybody who may watch; `since` and `until` are Unix seconds."""

    state: PresenceState = PresenceState.DEFAULT
    dnd: bool = False
    note: str | None = None
    source: str = ""
    until: float | None = None
    registered: bool = False
    lines: tuple[Line, ...] = ()
    voice: VoiceMessages = VoiceMessages()

    @property
    def in_call(self) -> bool:
        """Whether a call of the person is up."""
        return any(line.state is DialogState.CONFIRMED for line in self.lines)

    def to_text(self) -> str:
        """The picture as JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> Picture:
        """The picture that `to_text` wrote; raises KeyError, TypeError or ValueError on anything else."""
        values = json.loads(text)
        lines = tuple(Line(**{**line, "state": DialogState(line["state"])}) for line in values.pop("lines"))
        voice = VoiceMessages(**values.pop("voice"))
        return cls(**{**values, "state": PresenceState(values["state"])}, lines=lines, voice=voice)


UNKNOWN_PERSON = Picture()
"""Somebody of whom nothing is said, and who has no phone that is registered."""
