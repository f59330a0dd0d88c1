"""Our private headers: what rides between Kamailio and its own Asterisk, and nowhere else."""

from __future__ import annotations

from enum import StrEnum

PREFIX = "X-Carillon-"
TRANSFER = "transfer"
"""The one user to whom Asterisk's dial plan sends a call by REFER; where it goes rides in private headers."""


HOME = "X-Carillon-Home"
"""Between nodes: the address of record whose phone is to ring, at its home."""
FAR_END = "X-Carillon-Far-End"
"""Between nodes, on a 5xx: the far end has said so, and no other Asterisk is tried."""
LEADS_TO = "X-Carillon-Leads-To"
KEPT_FLAGS = "X-Carillon-Flags"
OURS = " ours"
"""Behind the flags: the contact has its home here."""
SOCKET = "X-Carillon-Socket"
"""Of a copy of a registration: where its phone is reached, the flags that were kept with it, the socket to use."""
LET_GO = "X-Carillon-Let-Go"
"""Of the daemon `siblings`: the engine's number of a connection that is to end."""


class Kind(StrEnum):
    """What `PARTY` says of whom it names; a trunk's name follows it, as in `trunk:provider@example.org`.

    `MOBILE`, which a trunk's name follows too, is a person of ours who calls by that trunk, through the access number.
    """

    PERSON = "person"
    TRUNK = "trunk"
    SERVICE = "service"
    MOBILE = "mobile"


class PrivateHeader(StrEnum):
    """Headers that only our own Asterisk is believed about; stripped at every other border.

    `TRANSFERRED_BY` is on the outbound leg of a call that was sent there by REFER: the AOR of who sent it.
    `RECALL` is on the leg that rings him again when that failed: `CODE CALLED`, the far end's final code and whom it
    had called. Of the two, a leg carries at most one.
    `PARTY` tells Asterisk who somebody is where it can't know, `KIND[:NAME] ADDRESS`: who calls by a trunk, and in the
    reply who has answered, when that is not whom Asterisk has dialled, or somebody outside.
    `GROUP` is on the legs to a ring group's members: its name.
    `PICKUP` is on an inbound leg that takes a ringing call: `CODE CALL-ID`, the final code should that have ended, and
    the dialog with the phones that ring. Without an Asterisk more follows, see `routing.takeover`.
    With `NO_RINGS` phones ring alike.
    `ACCESS` is on the outbound leg of a call that a person of ours makes from outside, through the access number.
    `RECORDING` tells Asterisk, on an inbound leg or in the answer on an outbound one, that the person there may record,
    or pause, by key: `SESSION off` or `SESSION on`, the relay's session and whether it is recorded from the beginning.
    `JOIN` is on the leg that joins a call of ours with one at a sibling: `NODE REPLACES`, the latter in hexadecimal
    digits, as dial plans cut other texts at some of its characters.
    `INSTEAD` is the leg id of the call that a transferred one takes the place of.
    """

    LEG = "X-Carillon-Leg"
    CALLED = "X-Carillon-Called"
    CALLER = "X-Carillon-Caller"
    ORIGIN = "X-Carillon-Origin"
    OUTSIDE = "X-Carillon-Outside"
    CALLER_NUMBER = "X-Carillon-Caller-Number"
    WITHHELD = "X-Carillon-Withheld"
    SITE = "X-Carillon-Site"
    TRANSFERRED_BY = "X-Carillon-Transferred-By"
    RECALL = "X-Carillon-Recall"
    JOIN = "X-Carillon-Join"
    MEDIA = "X-Carillon-Media"
    RECORDED = "X-Carillon-Recorded"
    SERVICE = "X-Carillon-Service"
    FORWARD = "X-Carillon-Forward"
    FORWARDS = "X-Carillon-Forwards"
    NO_FORWARD = "X-Carillon-No-Forward"
    PARTY = "X-Carillon-Party"
    GROUP = "X-Carillon-Group"
    PICKUP = "X-Carillon-Pickup"
    NO_RINGS = "X-Carillon-No-Rings"
    INSTEAD = "X-Carillon-Instead"
    ACCESS = "X-Carillon-Access"
    RECORDING = "X-Carillon-Recording"
