"""Sending a request on: to our Asterisk, to a server of ours, along its route, or to all devices of a person."""

from __future__ import annotations

from functools import cache
from typing import Final

from carillon.kamailio import ksr
from carillon.kamailio.means import KEEPER, Means
from carillon.kamailio.routes import Callback
from carillon.kamailio.settings import Sockets
from carillon.routing import unanswered
from carillon.routing.decision import Deliver, Relay, Submit
from carillon.routing.facts import Gateway
from carillon.sip.private import LEADS_TO, SOCKET

END_SILENCE_S: Final = 8.0
"""So long a phone is asked to subscribe anew that doesn't answer."""


def relay_to_gateway(relay: Relay, means: Means) -> None:
    ksr.set_text("$ru", f"sip:{relay.called}")
    siblings = means.siblings
    if siblings is None or not siblings.send_to(relay.gateway):
        towards(relay.gateway, means.gateway_sockets)
    if _is_from_outside(means):
        ksr.alias_own_contact()
    if not sent(relay.answer_s, relay.silence_s):
        ksr.reply(500, "Next Hop Unreachable")


def _is_from_outside(means: Means) -> bool:
    """Whether who has sent the message is no node of ours: nor is it us, who have noted already where he is."""
    if means.spiral and ksr.source_address() == means.spiral.address:
        return False
    return not (means.siblings and means.siblings.has_sent())


def cancel(gateway: Gateway | None, aor: str, sockets: Sockets) -> None:
    """As the INVITE went, so that each target gets the branch that it knows."""
    if gateway is not None:
        towards(gateway, sockets)
    elif ksr.look_up_contacts(aor):
        ksr.arrange_contacts(aor)
        ksr.use_open_connections()
    else:
        ksr.reply(481, "Call/Transaction Does Not Exist")
        return
    if not ksr.relay():
        ksr.reply(481, "Call/Transaction Does Not Exist")


def submit(submit: Submit, sockets: Sockets) -> None:
    """The way back to the sender is noted in his Contact: he is told of changes by his own connection."""
    ksr.set_text("$ru", f"sip:{submit.aor}")
    towards(submit.server, sockets)
    if ksr.text("$rm") == "SUBSCRIBE":
        ksr.alias_own_contact()
    ksr.set_callbacks(failure=Callback.UNANSWERED)
    ksr.set_timers(submit.silence_s, submit.silence_s)
    if not ksr.relay():
        ksr.reply(500, "Next Hop Unreachable")


def end_watch() -> None:
    """A path of proxies stands in the request already, if there is one."""
    ksr.send_by(ksr.text("$ru"), ksr.header(LEADS_TO), "", ksr.header(SOCKET))
    ksr.use_open_connections()
    ksr.set_timers(END_SILENCE_S, END_SILENCE_S)
    if not ksr.relay():
        ksr.reply(481, "Connection Gone")


def deliver(deliver: Deliver, means: Means) -> None:
    """All devices at once; a device on TCP or TLS by its own connection, as in `_ring`."""
    keeper = deliver.keeper
    if keeper:
        ksr.set_text(KEEPER, f"{deliver.aor} {keeper.address} {keeper.port}")
    if ksr.look_up_contacts(deliver.aor):
        ksr.keep_one_flow_a_device(deliver.aor)
        if means.siblings:
            means.siblings.watch(deliver.aor)
        ksr.use_open_connections()
        ksr.set_callbacks(failure=Callback.MESSAGE_FAILURE)
        ksr.set_timers(deliver.answer_s, deliver.silence_s)
        if ksr.relay():
            return
    if keeper:
        submit(Submit(deliver.aor, keeper), means.gateway_sockets)
    else:
        ksr.reply(480, "Temporarily Unavailable")


def kept_by() -> tuple[str, Gateway | None]:
    """In a failure route: for whom a message is, and who keeps it."""
    noted = ksr.text(KEEPER)
    if not noted:
        return "", None
    aor, address, port = noted.split()
    return aor, Gateway(address, int(port))


def follow(gateway: Gateway | None, means: Means) -> None:
    """Where a Contact really is, the node knows and notes that its phone is connected to."""
    if not ksr.follow_route():
        ksr.reply(404, "Not Found")
        return
    siblings = means.siblings
    if ksr.text("$rm") in {"INVITE", "UPDATE", "SUBSCRIBE"} and _is_from_outside(means):
        ksr.alias_own_contact()
    if gateway is not None:
        towards(gateway, means.gateway_sockets)
        if ksr.text("$rm") == "SUBSCRIBE":
            ksr.set_callbacks(failure=Callback.UNANSWERED)
            ksr.set_timers(unanswered.SILENCE_S, unanswered.SILENCE_S)
    elif not (siblings and siblings.is_next()):
        ksr.follow_alias()
    told = ksr.text("$rm") == "NOTIFY"
    if told:
        ksr.set_timers(unanswered.WATCHER_SILENCE_S, unanswered.WATCHER_SILENCE_S)
    if ksr.relay():
        return
    if told:
        ksr.reply(481, "Connection Gone")  # the presence server forgets him; for 500 it would try for ever
    else:
        ksr.reply(500, "Next Hop Unreachable")


def towards(gateway: Gateway, sockets: Sockets) -> None:
    ksr.set_text("$du", _hop(gateway))
    ksr.set_text("$fs", sockets.to(gateway))


@cache
def _hop(gateway: Gateway) -> str:
    return f"sip:{gateway};transport=udp"


def sent(answer_s: float, silence_s: float) -> bool:
    ksr.set_callbacks(Callback.REPLY, Callback.FAILURE)
    ksr.set_timers(answer_s, silence_s)
    return ksr.relay()
