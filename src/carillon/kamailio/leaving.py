"""Calls that leave by a trunk, and their cancelling."""

from __future__ import annotations

from carillon.kamailio import ksr, media
from carillon.kamailio.means import Means
from carillon.kamailio.sending import sent
from carillon.kamailio.settings import Sockets
from carillon.routing.decision import Trunk
from carillon.sip.uri import SipUri
from carillon.stores.ports import Place, StoreDown


def leave(trunk: Trunk, means: Means, *, recorded: bool) -> None:
    place = Place(trunk.uri, trunk.target)
    try:
        means.leaving.put(ksr.text("$ci"), place)
    except StoreDown as down:
        ksr.log("warn", f"leaving: {down}; it rings on if Kamailio dies and its caller gives up")
    _go_outside(place, means.outside_sockets)
    media.watch_branches(recorded=recorded)
    if not sent(trunk.ring_s, trunk.silence_s):
        if media.some_left_out():
            raise media.RelayDown(trunk.name)
        ksr.reply(500, "Next Hop Unreachable")


def cancel_outside(places: tuple[Place, ...], sockets: Sockets) -> None:
    """To all that were asked, in their order: a branch's name ends with its place in that."""
    for place in places[1:]:
        _go_outside(place, sockets)
        ksr.append_target()
    _go_outside(places[0], sockets)
    if not ksr.relay():
        ksr.reply(481, "Call/Transaction Does Not Exist")


def _go_outside(place: Place, sockets: Sockets) -> None:
    host = SipUri.parse(place.target or place.uri)
    ksr.send_outside(place.uri, sockets.towards(host.host if host else ""), place.target)
