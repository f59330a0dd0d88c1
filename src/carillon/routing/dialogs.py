"""What a node knows of the dialogs between its Asterisk and people's phones: who rings, who talks, who may take it.

A note a dialog, in the node's shared memory, by its Call-ID (slide "Call Pick-up: store get_dialog_info parameters").
The outbound leg writes it with its INVITE, replies and the end of the dialog keep it true.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from carillon.model.frozen import dataclass
from carillon.stores.ports import PickupRights

_SEPARATOR = "\t"
"""The one control character that Kamailio's RPC leaves in a text."""


TABLE = "dialogs"
"""Where the notes are."""


class DialogState(StrEnum):
    """How far a dialog has come."""

    CALLING = "calling"
    RINGING = "ringing"
    UP = "up"


LIFETIME_S = {DialogState.CALLING: 330, DialogState.RINGING: 330, DialogState.UP: 12 * 3600}
"""How long a note is kept whose end nobody told: a bit longer than anything may ring, and than most calls last."""


@dataclass(frozen=True, slots=True)
class LiveDialog:
    """A dialog with the phones of `aor`. `since` is when it began to ring, or was answered (Unix seconds).

    `our_tag` is Asterisk's; `phone_tags` are those that phones have answered with, one alone once one has taken the
    call. `caller` (`user@domain`) and `caller_name` are what the phones show, unless `withheld`. `rights` are those of
    `aor`'s person. `node` is the sibling whose Asterisk has it, "" for this node; `keeps`: nobody at the other side can
    give the call to somebody else, see `rungbesides`. Both are no part of the note.
    """

    call_id: str
    aor: str
    our_tag: str
    caller: str = ""
    caller_name: str = ""
    rights: PickupRights = PickupRights()
    state: DialogState = DialogState.CALLING
    since: float = 0.0
    phone_tags: tuple[str, ...] = ()
    withheld: bool = False
    node: str = ""
    keeps: bool = False

    @property
    def domain(self) -> str:
        """The domain of the person."""
        return self.aor.rpartition("@")[2]

    def is_named(self, *tags: str) -> bool:
        """Whether these are its tags, either way round: vendors write them so, too."""
        return any(set(tags) == {self.our_tag, tag} for tag in self.phone_tags)

    def rings(self, tag: str, now: float) -> LiveDialog:
        """A phone has said, with this tag, that it rings."""
        if self.state is DialogState.UP or tag in self.phone_tags:
            return self
        since = self.since if self.state is DialogState.RINGING else now
        return replace(self, state=DialogState.RINGING, since=since, phone_tags=(*self.phone_tags, tag))

    def is_answered(self, tag: str, now: float) -> LiveDialog:
        """The phone of this tag has taken the call."""
        if self.state is DialogState.UP:
            return self
        return replace(self, state=DialogState.UP, since=now, phone_tags=(tag,))

    def __str__(self) -> str:
        rights = (self.rights.by, *(",".join(sorted(names)) for names in (self.rights.groups, self.rights.closed)))
        name = self.caller_name.replace(_SEPARATOR, " ")
        words = (self.aor, self.our_tag, self.caller, name, "yes" if self.withheld else "", *rights)
        return _SEPARATOR.join((*words, self.state, repr(self.since), ",".join(self.phone_tags)))

    @classmethod
    def parse(cls, call_id: str, text: str) -> LiveDialog:
        """What `str()` wrote; raises ValueError on anything else."""
        aor, our_tag, caller, name, withheld, by, groups, closed, state, since, tags = text.split(_SEPARATOR)
        rights = PickupRights(by, _names(groups), _names(closed))
        phone_tags = tuple(tags.split(",")) if tags else ()
        how_far = DialogState(state), float(since), phone_tags
        return cls(call_id, aor, our_tag, caller, name, rights, *how_far, bool(withheld))


def rung_by(note: str, tag: str, now: float) -> str:
    """`LiveDialog.rings` of a note as text; the same text where nothing is new. Cheap, as each call comes here."""
    before, state, since, tags = note.rsplit(_SEPARATOR, 3)
    if state == DialogState.UP or (tags and tag in tags.split(",")):
        return note
    since, more = since if state == DialogState.RINGING else repr(now), "," if tags else ""
    return f"{before}\t{DialogState.RINGING}\t{since}\t{tags}{more}{tag}"


def answered_by(note: str, tag: str, now: float) -> str:
    """`LiveDialog.is_answered` of a note as text."""
    before, state, _, _ = note.rsplit(_SEPARATOR, 3)
    return note if state == DialogState.UP else f"{before}\t{DialogState.UP}\t{now!r}\t{tag}"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split(",")) - {""}
