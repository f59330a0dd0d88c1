"""The outbound leg of a call that was transferred by REFER, and of one that comes back from there (behaviours 42).

Asterisk says who is transferred; his name and his number are looked up, as he was perhaps the called side until now.
"""

from __future__ import annotations

from dataclasses import dataclass

from carillon.model.rights import NumberClass
from carillon.routing.facts import Facts
from carillon.routing.names import known_name
from carillon.routing.request import Request
from carillon.sip.private import PrivateHeader
from carillon.stores.ports import Party

WHY = {486: "busy", 600: "busy", 480: "no answer", 408: "no answer", 603: "declined"}
"""What a display has room for, by the code of whom the call was sent to; everything else is `failed`."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Who a provider is told calls, and from which site."""

    number: str | None
    name: str
    site: str
    withheld: bool


def caller_question(request: Request) -> tuple[str, str] | None:
    """Who is transferred, when that is one of ours: one look-up more than another outbound leg."""
    private = request.private
    if not {PrivateHeader.TRANSFERRED_BY, PrivateHeader.RECALL} & private.keys():
        return None
    if private.get(PrivateHeader.ORIGIN) != "internal":
        return None
    user, _, domain = private.get(PrivateHeader.CALLER, "").partition("@")
    return (domain, user)


def name_shown(request: Request, facts: Facts) -> str:
    """The caller's name; for a recall with what became of the call: `Recall (103 busy): Bob Dupont`.

    Where the directory does not know him, or did not answer, what Asterisk says must do.
    """
    name = known_name(request, facts)
    code, _, called = request.private.get(PrivateHeader.RECALL, "").partition(" ")
    if not code:
        return in_group(request, name)
    who = name or request.private.get(PrivateHeader.CALLER, "").partition("@")[0]
    why = WHY.get(int(code), "failed") if code.isdigit() else "failed"
    return f"Recall ({called.partition('@')[0]} {why}): {who}"


def in_group(request: Request, name: str) -> str:
    """The caller as the members of a ring group see him: `sales: Alice Martin`."""
    group = request.private.get(PrivateHeader.GROUP)
    return f"{group}: {name}" if group and name else group or name


def shown_outside(request: Request, facts: Facts) -> Shown:
    """Who a provider is told calls.

    Who speaks is shown, if he is one of ours, and calls for help from where he is. For somebody from outside it is the
    person who transferred him, without his name: no provider takes a number that is not ours.
    """
    private = request.private
    number, site = private.get(PrivateHeader.CALLER_NUMBER), private.get(PrivateHeader.SITE, "")
    withheld = PrivateHeader.WITHHELD in private
    if PrivateHeader.TRANSFERRED_BY not in private:
        return Shown(number, request.from_name, site, withheld)
    party = facts.caller
    if not isinstance(party, Party):
        return Shown(number, "", site, withheld)
    if private.get(PrivateHeader.OUTSIDE) == NumberClass.EMERGENCY:
        return Shown(party.site.emergency_caller or party.caller_number, party.name, party.site.name, False)
    return Shown(party.caller_number, party.name, site, party.withhold)
