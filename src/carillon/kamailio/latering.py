"""A phone, a node or Asterisk that begins to ring when nobody waits for it any more: it is told to stop."""

from __future__ import annotations

import time

from carillon.kamailio import ksr
from carillon.sip.latering import answering

LONGEST = "$shv(longest_ring)"
"""How long a call may ring, in seconds, as `kamailio.cfg` has it."""


def is_of_before() -> bool:
    """Whether a reply that fits nothing may be of a call that rang when the engine died: its caller waits still."""
    return time.time() - ksr.number("$Tb") <= ksr.number(LONGEST)


def stopped() -> bool:
    """Whether the reply at hand is one for which nobody waits; whoever sent it is told so, as often as he sends it."""
    code = ksr.number("$rs")
    if 200 <= code < 300 or ksr.text("$rm") != "INVITE":
        return False
    method, via = "CANCEL" if code < 200 else "ACK", ksr.text("$hdr(Via)").partition(",")[0]
    headers = (ksr.text(name) for name in ("$hdr(From)", "$hdr(To)", "$ci", "$cs"))
    where = ksr.send_back(answering(method, ksr.text("$tu"), via, *headers))
    if code < 200:
        ksr.log("notice", f"what begins to ring at {where} is too late, nobody waits for it any more: it is stopped")
    return True
