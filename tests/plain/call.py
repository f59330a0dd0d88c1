"""The messages of a plain call and registration, each as it reaches the worker."""

from __future__ import annotations

from tests.plain.office import DOMAIN, GATEWAY, answered, invite, invite_out, register, reply, within
from tests.plain.paper import Message
from tests.plain.ways import Arrival, Ways

REPLY, URI = "ksr_leg_reply", f"sip:102@{DOMAIN}"
BOB, ASTERISK = "sip:102@10.79.0.9:5070", f"sip:{GATEWAY[0]}:{GATEWAY[1]}"


def from_phone(text: str) -> Message:
    return Message(text)


def from_gateway(text: str) -> Message:
    return Message(text, *GATEWAY)


def arrivals(ways: Ways) -> dict[str, Arrival]:
    """All of them, by name. What routes keep in the transaction is taken from the rules."""
    asked = {"INVITE": ways.by_rules(Arrival(from_phone(invite())))}
    asked["REGISTER"] = ways.by_rules(Arrival(from_phone(register())))
    found = {
        "INVITE challenged": Arrival(from_phone(invite())),
        "INVITE in": Arrival(from_phone(invite(answered(asked["INVITE"].told, "INVITE", URI)))),
        "INVITE out": Arrival(from_gateway(invite_out())),
        "REGISTER challenged": Arrival(from_phone(register())),
        "REGISTER": Arrival(from_phone(register(answered(asked["REGISTER"].told, "REGISTER", f"sip:{DOMAIN}")))),
    }
    inbound, rung = ways.by_rules(found["INVITE in"]).kept, ways.by_rules(found["INVITE out"])
    outbound = rung.kept
    ways.paper.shared["dialogs"] = dict(rung.shared["dialogs"])
    for code, reason in ((180, "Ringing"), (183, "Session Progress"), (200, "OK")):
        found[f"{code} in"] = Arrival(from_gateway(reply(code, reason, contact=ASTERISK)), REPLY, inbound)
        found[f"{code} out"] = Arrival(from_phone(reply(code, reason, contact=BOB)), REPLY, outbound)
    for method in ("ACK", "BYE"):
        found[f"{method} in"] = Arrival(from_phone(within(method, ASTERISK)))
        found[f"{method} out"] = Arrival(from_gateway(within(method, BOB, sender="t1", to="f1")))
    return found
