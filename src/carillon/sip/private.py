"""Our private headers: what rides between Kamailio and its own Asterisk, and nowhere else."""

from __future__ import annotations

from enum import StrEnum

PREFIX = "X-Carillon-"


class PrivateHeader(StrEnum):
    """Headers that only our own Asterisk is believed about; stripped at every other border."""

    LEG = "X-Carillon-Leg"
    CALLED = "X-Carillon-Called"
    CALLER = "X-Carillon-Caller"
    ORIGIN = "X-Carillon-Origin"
    OUTSIDE = "X-Carillon-Outside"
    CALLER_NUMBER = "X-Carillon-Caller-Number"
    WITHHELD = "X-Carillon-Withheld"
    SITE = "X-Carillon-Site"
    SERVICE = "X-Carillon-Service"
    FORWARD = "X-Carillon-Forward"
    FORWARDS = "X-Carillon-Forwards"
    NO_FORWARD = "X-Carillon-No-Forward"
    TRANSFERRED_BY = "X-Carillon-Transferred-By"
