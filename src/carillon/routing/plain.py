"""Which messages are plain, by their text: what most of them look like. Whatever is not listed here is not plain.

Each shape is matched against values that are read together, `Several` in `kamailio.ksr`, in the order given here; what a
shape takes out is what the rules would read there. Fields that our traces tell are short, so that nothing is cut.
"""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Final

from carillon.routing import anchor, sessiontimer
from carillon.routing.memo import Memo
from carillon.sip.dialogproof import PARAMETER as PROOF
from carillon.sip.private import PREFIX

S: Final = "\x1e"
"""Between the values."""

ANY: Final = "[^\x1e\x1f]*"
NONE: Final = "<null>"
"""A value that is not there."""

TEXT: Final = "[^\x1e\x1f<]{1,200}"
USER: Final = "[0-9A-Za-z_.+-]{0,64}"
HOST: Final = "[0-9a-z.-]{1,100}"
PARAMETERS: Final = f"(?:;{ANY})?"
ADDRESS: Final = "[0-9]{1,3}[.][0-9.]{3,11}"
PORT: Final = "[1-9][0-9]{0,4}"
HOPS: Final = "[1-9][0-9]{0,2}"

PRIVATE: Final = PREFIX.lower()
"""What no plain message holds but those of our Asterisk, in whatever case."""

WITHIN_VALUES: Final = (
    *("$rm", "$ru", "$ci", "$si", "$sp", "$fu", "$ft", "$tt", "$hdr(Max-Forwards)", "$hdr(Route)", "$mb"),
)
WITHIN: Final = re.compile(
    rf"(ACK|BYE){S}sip:({USER}?)@?({HOST}(?::{PORT})?){PARAMETERS}{S}({TEXT}){S}({ADDRESS}){S}({PORT}){S}"
    rf"sip:({USER}?)@?({HOST})(?::{PORT})?{PARAMETERS}{S}({TEXT}){S}({TEXT}){S}{HOPS}{S}"
    rf"(?!{ANY};{anchor.PARAMETER}=){ANY}?;{PROOF}=([0-9a-f]+){ANY}{S}{ANY}"
)
"""ACK and BYE of a dialog, without anything of a media relay: method, user, host and port, Call-ID, address, port, the
sender's user and host, both tags, proof."""


def _memo(**told: str) -> str:
    """A memo as text: these fields as given, and nothing in all others."""
    return "\x1f".join(told.get(field.name, "") for field in fields(Memo))


_ANYHOW: Final = dict.fromkeys(
    ("called_name", "gateways_left", "trunks_left", "trunk", "answered", "onward", "service", "ring_until", "slots"),
    ANY,
)
"""What is nothing to a reply."""

REPLY_VALUES: Final = (
    *("$rs", "$rr", "$ci", "$tt", "$si", "$sp", "$(ct{nameaddr.uri})", "$hdr(Session-Expires)", "$hdr(Min-SE)"),
    *("$hdr(Privacy)", "$hdr(Warning)", "$hdr(Record-Route)", "$avp(memo)", "$mb"),
)
_REPLY_MEMO: Final = _memo(
    leg="(inbound|outbound)",
    leg_id="([0-9a-f-]{1,64})",
    called=f"({USER}@(?!anonymous){HOST})",
    **_ANYHOW,
    shown="(?!-)([^\x1e\x1f]{0,200})",
    caller=ANY,
)
REPLY: Final = re.compile(
    rf"(180|183|200){S}([ -~]{{0,60}}){S}{TEXT}{S}{TEXT}{S}({ADDRESS}){S}({PORT}){S}"
    rf"(?:{NONE}|sip:(?:{ANY}@)?({HOST})(?::({PORT}))?{PARAMETERS}){S}({NONE}|[0-9]{{2,5}}(?:;refresher=ua[cs])?){S}"
    rf"{NONE}{S}{NONE}{S}{NONE}{S}(?!{ANY};{sessiontimer.PARAMETER}=){ANY}{S}{_REPLY_MEMO}{S}{ANY}"
)
"""A reply of which nothing is to be told: code, reason, address and port, host and port of the contact, the session
timer, leg, leg id, who was called, who is shown to the caller."""
