"""A transfer into a call that rings still, where no Asterisk has it: it is made one to whom it rings at.

Whoever transfers names his second call by Replaces before that is answered. No phone that is called takes another call
in place of one that only rings (RFC 3891 §3). So the other side calls anew, and the second call ends.
"""

from __future__ import annotations

from carillon.routing.chain import Verdict
from carillon.routing.decision import AddHeader, EndRinging, RemoveHeader
from carillon.routing.dialogs import DialogState, LiveDialog
from carillon.sip.replaces import Replaces


def rings_for(by: str, named: Replaces, found: LiveDialog | None) -> LiveDialog | None:
    """The call that is named, if this person has made it, and it rings still."""
    if found is None or found.state is not DialogState.RINGING or found.caller != by:
        return None
    return found if found.is_named(named.to_tag, named.from_tag) else None


def sent_on(found: LiveDialog) -> Verdict:
    """The other side is sent to the person, and to no call of his."""
    effects = (RemoveHeader("Refer-To"), AddHeader("Refer-To", f"<sip:{found.aor}>"), EndRinging(found.call_id))
    return Verdict("sent on", f"the call of {found.caller} to {found.aor} rings still, and ends", effects=effects)
