"""Notes of dialogs in the node's shared memory, `routing.dialogs` as text: about a microsecond each."""

from __future__ import annotations

import time

from carillon.kamailio import ksr
from carillon.routing.dialogs import LIFETIME_S, TABLE, DialogState, LiveDialog


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


def rings() -> None:
    """A phone rings, by the reply that is passing. Replies of one transaction come here one after the other."""
    before = note(ksr.text("$ci"))
    if before is not None:
        after = before.rings(ksr.text("$tt"), time.time())
        if after is not before:
            keep(after)


def is_answered() -> None:
    """A phone has taken the call, by the reply that is passing."""
    before = note(ksr.text("$ci"))
    if before is not None:
        keep(before.is_answered(ksr.text("$tt"), time.time()))


def ends() -> None:
    """The dialog of the message is over."""
    ksr.remove_shared(TABLE, ksr.text("$ci"))


def ringing(domain: str, now: float) -> tuple[LiveDialog, ...]:
    """The dialogs of a domain that ring; each note is looked at."""
    notes = (LiveDialog.parse(call_id, text) for call_id, text in ksr.all_shared(TABLE).items())
    oldest = now - LIFETIME_S[DialogState.RINGING]
    return tuple(
        one for one in notes if one.domain == domain and one.state is DialogState.RINGING and one.since > oldest
    )
