"""A branch that is cut off: a colleague elsewhere is called by his number outside, from the branch itself."""

from __future__ import annotations

from dataclasses import replace

from carillon.model.forwarding import Cause
from carillon.routing.chain import Verdict
from carillon.routing.decision import Retarget
from carillon.routing.facts import UNKNOWN, Beyond, Facts
from carillon.routing.hop import again, is_inside, progress_of
from carillon.routing.meant import told_outside
from carillon.routing.numbering import OutsideNumber, outside_number
from carillon.routing.outside import lines
from carillon.routing.progress import Onward, key_of
from carillon.routing.request import Request
from carillon.routing.sendon import ends
from carillon.sip.private import PrivateHeader
from carillon.stores.ports import Party

BEYOND = "beyond"
"""What stands for the class of such a call: its number is one of ours, and goes out all the same."""

WITHIN = Verdict("skipped", "within reach")
NOT_TRIED = Verdict("skipped", "not tried before")


def by_own_number(request: Request, facts: Facts) -> Verdict:
    """Who can't be reached by the link is reached by the telephone network; nobody needs a right for that.

    People of the branch are not: their numbers outside may lead to the branch itself. Nor is a call that came from
    outside sent there again, for the same reason.
    """
    party, beyond = facts.callee, facts.beyond
    if beyond is None or not isinstance(party, Party) or party.service or party.site.name == facts.node.branch:
        return WITHIN
    number = outside_number(beyond.number, party.site) if beyond.number and is_inside(request) else None
    if number is None or not _has_line(request, facts, number):
        way = "" if number is None else f", and no trunk takes {number.number}"
        why = f"The link to {party.name} is cut{way}"
        return ends(request, facts, party, (Cause.OFFLINE,), 480, "Temporarily Unavailable", why)
    called = f"{number.number}@{party.domain}"
    private = tuple((name, value) for name, value in _told(request, facts, beyond, number).items() if value)
    fact = f"the link to {party.aor} is cut: {number.number}"
    return Verdict("goes outside", fact, Retarget(called, progress_of(request), private))


def asked_again(request: Request, facts: Facts, party: Party) -> str:
    """How a call goes on from a branch when nobody was heard of a person's phones, written as `Onward`; "" if it ends.

    A cut of the link is known after a moment only, and no failure route can ask: so the call is decided anew, once.
    Members of a group are not, as nobody dials one of them again.
    """
    if not facts.node.branch or {PrivateHeader.NO_FORWARD, PrivateHeader.RECALL} & request.private.keys():
        return ""
    progress = again(progress_of(request))
    key = key_of(facts.node.secrets, request.private[PrivateHeader.LEG])
    return str(Onward(key, (), replace(progress, tried=(*progress.tried, party.aor))))


def was_silent(request: Request, facts: Facts) -> Verdict:
    """Who was silent and is within reach all the same has a phone that is dead: his rows for that, else the code."""
    party = facts.callee
    if not isinstance(party, Party) or party.aor not in progress_of(request).tried:
        return NOT_TRIED
    why = f"{party.name} has a phone that cannot be reached"
    return ends(request, facts, party, (Cause.UNREACHABLE,), 480, "Temporarily Unavailable", why)


def _has_line(request: Request, facts: Facts, number: OutsideNumber) -> bool:
    """Whether the branch has a trunk for a number, that has not failed with this call."""
    if facts.routes is UNKNOWN or facts.trunks is UNKNOWN:
        return False
    trunks = {name: trunk for (home, name), trunk in facts.trunks.items() if home == request.uri.host}
    found = lines(number.number, facts.node.branch, facts.routes, trunks)
    return any(line.name not in progress_of(request).tried for line in found)


def _told(request: Request, facts: Facts, beyond: Beyond, number: OutsideNumber) -> dict[PrivateHeader, str]:
    """What the provider's side must know of who calls; the trunks are those of the branch, whoever calls."""
    withheld = PrivateHeader.WITHHELD in request.private
    told = {PrivateHeader.WITHHELD: "yes" if withheld else ""}
    if beyond.caller is not None:
        told = told_outside(beyond.caller, number, withheld=withheld or beyond.caller.withhold)
    return {**told, PrivateHeader.OUTSIDE: BEYOND, PrivateHeader.SITE: facts.node.branch}
