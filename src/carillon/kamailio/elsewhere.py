"""Notes of calls at siblings in the node's shared memory, `routing.elsewhere` as text: a look for each person."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from carillon.kamailio import ksr
from carillon.routing.dialogs import LIFETIME_S, DialogState, LiveDialog
from carillon.routing.elsewhere import TABLE, Elsewhere, with_own


def nodes(talks_here: Callable[[str], bool], *aors: str) -> dict[str, tuple[str, ...]]:
    """At which nodes these people have calls, this one first, where any of them has one at a sibling; else nothing."""
    notes = {aor: ksr.shared_text(TABLE, aor) for aor in aors}
    if not any(notes.values()):
        return {}
    found = {aor: with_own(Elsewhere.parse(text).nodes if text else (), talks_here(aor)) for aor, text in notes.items()}
    return {aor: known for aor, known in found.items() if known}


def joined_at(aor: str, call_id: str) -> str:
    """The sibling at which somebody talks in this dialog; "" for none."""
    text = ksr.shared_text(TABLE, aor)
    return Elsewhere.parse(text).talks_at(call_id) if text else ""


def note(call_id: str) -> LiveDialog | None:
    """The note of a dialog at a sibling; each is looked at."""
    return next((one for one in _dialogs("") if one.call_id == call_id), None)


def ringing(domain: str, now: float) -> tuple[LiveDialog, ...]:
    """The dialogs of a domain that ring at siblings; each is looked at."""
    oldest = now - LIFETIME_S[DialogState.RINGING]
    return tuple(one for one in _dialogs(domain) if one.state is DialogState.RINGING and one.since > oldest)


def _dialogs(domain: str) -> Iterator[LiveDialog]:
    """Those of people of a domain, "" for all."""
    for aor, text in ksr.all_shared(TABLE).items():
        if aor.endswith(f"@{domain}" if domain else ""):
            yield from Elsewhere.parse(text).dialogs
