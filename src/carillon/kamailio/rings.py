"""Telling phones with which ring they ring: once for all, or in each branch where their makers want other words."""

from __future__ import annotations

import json

from carillon.kamailio import ksr
from carillon.kamailio.routes import Callback
from carillon.routing.decision import RingAs
from carillon.routing.ringing import told
from carillon.stores.ports import RingProfile

RING = "$avp(ring)"
HEADER = "Alert-Info"


def tell(asked: RingAs) -> None:
    """Tell the phones that are to ring now, and those that ring after them."""
    values = {told(asked.ring, dialect) for dialect in ksr.dialects()}
    if len(values) == 1 and not ksr.later_groups():
        ksr.append_header(HEADER, values.pop())
        return
    ring = asked.ring
    ksr.set_text(RING, json.dumps([ring.text, ring.bellcore, ring.urn]))
    ksr.set_branch_callback(Callback.BRANCH)


def tell_next() -> None:
    """Tell the phones that ring after the first ones."""
    if ksr.text(RING):
        ksr.set_branch_callback(Callback.BRANCH)


def tell_branch() -> str:
    """Tell the phone that is about to ring; what it was told, "" when all were told at once."""
    noted = ksr.text(RING)
    if not noted:
        return ""
    value = told(RingProfile(*json.loads(noted)), ksr.dialect())
    ksr.append_header(HEADER, value)
    return value
