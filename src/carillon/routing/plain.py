"""Which messages are plain, by their text: what most of them look like. Whatever is not listed here is not plain.

Each shape is matched against values that are read together, `Several` in `kamailio.ksr`, in the order given here; what
a shape takes out is what the rules would read there. Fields that our traces tell are short, so that nothing is cut.
"""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Final

from carillon.routing import anchor, sessiontimer
from carillon.routing.memo import Memo
from carillon.sip.dialogproof import PARAMETER as PROOF
from carillon.sip.private import PREFIX, PrivateHeader

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

WITHIN_VALUES: Final = (*("$ru", "$ci", "$fu", "$ft", "$tt", "$hdr(Max-Forwards)", "$hdr(Route)", "$mb"),)
WITHIN: Final = re.compile(
    rf"sip:({USER}?)@?({HOST}(?::{PORT})?){PARAMETERS}{S}({TEXT}){S}"
    rf"sip:({USER}?)@?({HOST})(?::{PORT})?{PARAMETERS}{S}({TEXT}){S}({TEXT}){S}{HOPS}{S}"
    rf"(?!{ANY};{anchor.PARAMETER}=){ANY}?;{PROOF}=([0-9a-f]+){ANY}{S}{ANY}"
)
"""ACK and BYE of a dialog, without anything of a media relay: user, host and port, Call-ID, the sender's user and host,
both tags, proof."""


def _memo(**told: str) -> str:
    """A memo as text: these fields as given, nothing in all others. Raises `ValueError` for one that a memo lacks."""
    if unknown := told.keys() - {field.name for field in fields(Memo)}:
        raise ValueError(f"a memo has no {', '.join(sorted(unknown))}")
    return "\x1f".join(told.get(field.name, "") for field in fields(Memo))


_ANYHOW: Final = dict.fromkeys(
    (
        "called_name",
        "gateways_left",
        "next_trunk",
        "trunk",
        "answered",
        "onward",
        "service",
        "ring_until",
        "slots",
        "targets_left",
        "if_silent",
    ),
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
    says=f"({ANY})",
    caller=ANY,
)
REPLY: Final = re.compile(
    rf"(180|183|200){S}((?!{NONE}{S})[ -~]{{0,60}}){S}({TEXT}){S}({TEXT}){S}({ADDRESS}){S}({PORT}){S}"
    rf"(?:{NONE}|sip:(?:{ANY}@)?({HOST})(?::({PORT}))?{PARAMETERS}){S}({NONE}|[0-9]{{2,5}}(?:;refresher=ua[cs])?){S}"
    rf"{NONE}{S}{NONE}{S}{NONE}{S}(?!{ANY};{sessiontimer.PARAMETER}=){ANY}{S}{_REPLY_MEMO}{S}{ANY}"
)
"""A reply of which nothing is to be told: code, reason, Call-ID, tag of who replies, address and port, host and port of
the contact, the session timer, leg, leg id, who was called, who is shown to the caller, what is said of him (on the
inbound leg only when he is busy)."""

NUMBER: Final = "(?![0-9]*(?:112|911|999)@)[0-9]{1,15}"
"""What is dialled for a colleague: no feature code, and nothing that may call for help."""

NEW_VALUES: Final = ("$rm", "$ru", "$ci", "$si", "$sp", "$proto", "$fu", "$ft", "$tt", "$cs", "$hdr(Max-Forwards)")
_NEW: Final = (
    rf"{S}({TEXT}){S}{ADDRESS}{S}{PORT}{S}(udp|tcp|tls){S}"
    rf"sip:({USER}?)@?({HOST})(?::{PORT})?{PARAMETERS}{S}({TEXT}){S}{NONE}{S}(0|[1-9][0-9]{{0,8}}){S}({HOPS}){S}"
)
"""A request that begins something: Call-ID, transport, the sender's user and host, tag, CSeq, hops."""

STRANGER: Final = re.compile(rf"(INVITE|REGISTER){S}sip:((?:{NUMBER}(?=@))?)@?({HOST}){_NEW}{NONE}{S}[\s\S]*")
"""A new request without credentials: method, user and host that it is for, and what all new ones have."""

_VALUE: Final = r'(?:"[^"\\,\x1e\x1f]*"|[^\s",\x1e\x1f]+)'
_DIGEST: Final = rf"Digest ([a-z]+={_VALUE}(?:, ?[a-z]+={_VALUE})*)"
CREDENTIALS: Final = re.compile(r'([a-z]+)="?([^",]*)"?')
"""Each parameter of credentials of the shape above."""

_TIMER_VALUES: Final = ("$hdr(Session-Expires)", "$hdrc(Session-Expires)", "$hdr(Min-SE)", "$hdrc(Min-SE)")
_TIMER: Final = rf"(?:{NONE}{S}0?|((?:9[0-9]|[1-9][0-9]{{2,4}})(?:;refresher=ua[cs])?){S}1){S}(?:{NONE}{S}0?|(90){S}1)"
"""What a new call says of its session timer: one interval that nobody refuses, and the least, or nothing."""

CALL_VALUES: Final = (
    *(*NEW_VALUES, "$hdr(Proxy-Authorization)", "$hdr(Privacy)", "$hdr(Replaces)"),
    *(*_TIMER_VALUES, "$(ct{nameaddr.uri})", "$mb"),
)
_LINE: Final = "[^\r\n\x1e\x1f]*\r\n"
CALL: Final = re.compile(
    rf"INVITE{S}sip:({NUMBER})@({HOST}){_NEW}{_DIGEST}{S}{NONE}{S}{NONE}{S}"
    rf"{_TIMER}{S}sip:(?:{ANY}@)?({HOST})(?::({PORT}))?{PARAMETERS}{S}{ANY}?\r\n\r\n"
    rf"v=0\r\n(?:[osctb]={_LINE})+m=audio [0-9]{{1,5}} RTP/AVP ([0-9 ]{{1,60}})\r\n((?:a={_LINE})*)"
)
"""The INVITE of a phone to a colleague, with credentials and plain sound: number and host, what all new ones have, the
credentials, both values of the session timer, host and port of the contact, payload types, attributes."""

RTPMAP: Final = re.compile("a=(rtpmap:[^\r]*)")
"""Attributes that say what payload types are."""

_TOLD: Final = {
    PrivateHeader.LEG: "([0-9a-f-]{1,64})",
    PrivateHeader.CALLER: f"((?![+]){USER}@{HOST})",
    PrivateHeader.CALLED: f"({USER}@{HOST})",
    PrivateHeader.ORIGIN: "internal",
}
RUNG_VALUES: Final = (
    *(*NEW_VALUES, "$hdr(Privacy)", "$fn", *_TIMER_VALUES),
    *(f"$hdr({name})" for name in PrivateHeader),
)
RUNG: Final = re.compile(
    rf"INVITE{S}sip:({USER})@({HOST}){_NEW}{NONE}{S}\"([^\"\\\x00-\x1f]{{1,100}})\"{S}{_TIMER}{S}"
    rf"{S.join(_TOLD.get(name, NONE) for name in PrivateHeader)}"
)
"""The INVITE of our Asterisk for a colleague of the caller: user and host, what all new ones have, the caller's name,
both values of the session timer, leg id, called, caller."""

REGISTER_VALUES: Final = (
    *(*NEW_VALUES, "$hdr(Authorization)", "$tu", "$(hdr(Contact)[*])", "$hdr(Expires)", "$(hdr(Path)[*])"),
    *("$(hdr(Require)[*])", "$hdr(User-Agent)"),
)
REGISTER: Final = re.compile(
    rf"REGISTER{S}sip:@?({HOST}){_NEW}{_DIGEST}{S}sip:({USER})@({HOST}){S}"
    rf"(<(sip:[0-9A-Za-z_.@:;=+-]{{1,120}})>(?:;expires=([1-9][0-9]{{0,5}}))?){S}(?:{NONE}|([1-9][0-9]{{0,5}})){S}"
    rf"{NONE}{S}{NONE}{S}([^\x1e\x1f]{{0,200}})"
)
"""A REGISTER of one contact with credentials: host, what all new ones have, the credentials, user and host that it is
about, the contact's header, URI and expiry, Expires, what the phone calls itself."""
