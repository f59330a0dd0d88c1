"""A phone, a node or Asterisk that begins to ring when nobody waits for it any more: it is told to stop."""

from __future__ import annotations

from carillon.kamailio import ksr
from carillon.sip.latering import answering, is_of_this_life


def stopped() -> bool:
    """Whether the reply at hand is one for which nobody waits; whoever sent it is told so, as often as he sends it."""
    code, via = ksr.number("$rs"), ksr.text("$hdr(Via)").partition(",")[0]
    if 200 <= code < 300 or ksr.text("$rm") != "INVITE" or not is_of_this_life(via, ksr.text("$Tb")):
        return False
    method = "CANCEL" if code < 200 else "ACK"
    headers = (ksr.text(name) for name in ("$hdr(From)", "$hdr(To)", "$ci", "$cs"))
    where = ksr.send_back(answering(method, ksr.text("$tu"), via, *headers))
    if code < 200:
        ksr.log(
            "notice", f"what begins to ring at {where} comes too late: nobody waits for it any more. It is stopped."
        )
    return True
