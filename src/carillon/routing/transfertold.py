"""What our Asterisk tells whoever transfers of what became of it (RFC 3515 §2.4.5): with words where it has none."""

from __future__ import annotations

import re
from typing import Final

from carillon.routing.chain import Verdict
from carillon.routing.decision import SetBody
from carillon.routing.facts import Facts
from carillon.routing.request import Request
from carillon.sip import warning

PACKAGE: Final = "refer"
KIND: Final = "message/sipfrag;version=2.0"
WORDS: Final = {404: ("No Such Call", "The call to transfer into is over, or is not known here")}
"""Reason and Warning by Asterisk's code: 404 is a Replaces that names no call, as numbers were looked up before."""

_STATUS = re.compile(r"SIP/2\.0 ([1-6][0-9]{2})\b")
_SAID = Verdict("skipped", "nothing is told of a transfer")


def transfer_told(request: Request, facts: Facts) -> Verdict:
    """Why a transfer is refused, as a reason and a Warning for the display (RFC 3420: a fragment may have headers)."""
    found = _STATUS.match(request.fragment)
    if found is None:
        return _SAID
    code = int(found[1])
    if code not in WORDS:
        return Verdict("passed", f"{code}")
    reason, words = WORDS[code]
    told = f"SIP/2.0 {code} {reason}\r\nWarning: {warning.own(request.to_uri.host, words)}\r\n"
    return Verdict("told why", f"{code} {reason}", effects=(SetBody(told, KIND),))
