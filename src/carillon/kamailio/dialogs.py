"""Notes of dialogs in the node's shared memory, `routing.dialogs` as text: about a microsecond each."""

from __future__ import annotations

import time

from carillon.kamailio import ksr
from carillon.routing.dialogs import LIFETIME_S, TABLE, DialogState, LiveDialog, answered_by, rung_by
from carillon.routing.taken import TABLE as TAKEN


def keep(dialog: LiveDialog) -> None:
    """Write a note."""
    ksr.set_shared_text_for(TABLE, dialog.call_id, str(dialog), LIFETIME_S[dialog.state])


def keep_text(call_id: str, text: str, state: str) -> None:
    """Write a note that is text already, of a dialog in this state."""
    ksr.set_shared_text_for(TABLE, call_id, text, LIFETIME_S[DialogState(state)])


def note(call_id: str) -> LiveDialog | None:
    """The note of a dialog, if there is one."""
    text = ksr.shared_text(TABLE, call_id)
    return LiveDialog.parse(call_id, text) if text else None


def rings(call_id: str, tag: str) -> None:
    """A phone rings, by a reply of this dialog. Replies of one transaction come here one after the other."""
    before = ksr.shared_text(TABLE, call_id)
    if before:
        after = rung_by(before, tag, time.time())
        if after is not before:
            ksr.set_shared_text_for(TABLE, call_id, after, LIFETIME_S[DialogState.RINGING])


def is_answered(call_id: str, tag: str) -> None:
    """A phone has taken the call, by a reply of this dialog."""
    before = ksr.shared_text(TABLE, call_id)
    if before:
        ksr.set_shared_text_for(TABLE, call_id, answered_by(before, tag, time.time()), LIFETIME_S[DialogState.UP])


def ends() -> None:
    """The dialog of the message is over."""
    ksr.remove_shared(TABLE, ksr.text("$ci"))


def taken(call_id: str, is_taken: bool) -> None:
    """Note that a ringing call is being picked up, or not any more."""
    if is_taken:
        ksr.set_shared_text(TAKEN, call_id, "yes")
    else:
        ksr.remove_shared(TAKEN, call_id)


def is_taken(call_id: str) -> bool:
    """Whether a call is being picked up."""
    return ksr.shared_text(TAKEN, call_id) is not None


def ringing(domain: str, now: float) -> tuple[LiveDialog, ...]:
    """The dialogs of a domain that ring; each note is looked at."""
    notes = (LiveDialog.parse(call_id, text) for call_id, text in ksr.all_shared(TABLE).items())
    oldest = now - LIFETIME_S[DialogState.RINGING]
    return tuple(
        one for one in notes if one.domain == domain and one.state is DialogState.RINGING and one.since > oldest
    )
