"""What the rules of forwarding look at in a call: how far it has come, who calls, whose rows count."""

from __future__ import annotations

from dataclasses import replace

from carillon.model.forwarding import Cause, Origin
from carillon.routing.decision import Retarget
from carillon.routing.facts import Facts
from carillon.routing.progress import Diverted, Progress
from carillon.routing.request import Request
from carillon.routing.rows import Circumstances, circumstances
from carillon.sip.private import PrivateHeader
from carillon.sip.uri import SipUri
from carillon.stores.ports import Party

NOTHING = Progress()

OF_THE_HOP = frozenset(
    {
        PrivateHeader.SERVICE,
        PrivateHeader.OUTSIDE,
        PrivateHeader.SITE,
        PrivateHeader.CALLER_NUMBER,
        PrivateHeader.WITHHELD,
    }
)
"""Private headers that are about one target, and do not go on to the next."""


def retargeted(request: Request, on: Retarget) -> Request:
    """The same call for somebody else."""
    kept = {name: value for name, value in request.private.items() if name not in OF_THE_HOP}
    user, _, domain = on.called.rpartition("@")
    private = {name: value for name, value in {**kept, **dict(on.private)}.items() if value}
    return replace(request, uri=SipUri(user, domain), private=private, progress=on.progress)


def progress_of(request: Request) -> Progress:
    """How far the call has come."""
    return request.progress or NOTHING


def is_target(request: Request) -> bool:
    """Whether the call has been sent to whom it is for now, and is not back with who sent it."""
    progress = progress_of(request)
    return bool(progress.by) and progress.by[-1].aor == progress.at


def ignores_rows(request: Request) -> bool:
    """Whether the callee's own rows do not count: for calls that must stay, and for a target with another behind it."""
    if {PrivateHeader.NO_FORWARD, PrivateHeader.RECALL} & request.private.keys():
        return True
    return progress_of(request).more and is_target(request)


def diverted(request: Request) -> tuple[Diverted, ...]:
    """Who has sent the call on, the first one first."""
    return progress_of(request).by


def is_inside(request: Request) -> bool:
    """Whether the caller is one of ours."""
    return request.private.get(PrivateHeader.ORIGIN, Origin.INTERNAL) == Origin.INTERNAL


def caller_of(request: Request) -> str:
    """Who calls: a number or an extension."""
    return request.private.get(PrivateHeader.CALLER, "").partition("@")[0]


def seen_by(request: Request, facts: Facts, party: Party) -> Circumstances:
    """What the rows of a person ask about this call."""
    origin = request.private.get(PrivateHeader.ORIGIN, Origin.INTERNAL)
    been = progress_of(request).history | {party.aor}
    return circumstances(party, caller_of(request), origin, facts, been)


def transfer_causes(request: Request) -> tuple[str, ...]:
    """A call that somebody sent here blindly has one more cause to fail."""
    return (Cause.FAILED_TRANSFER,) if PrivateHeader.TRANSFERRED_BY in request.private else ()


def again(progress: Progress) -> Progress:
    """The progress of a call that is to reach the same target once more, by another trunk."""
    return replace(progress, ring_s=0, more=False, by=progress.by[:-1]) if progress.by else progress


def back(progress: Progress) -> Progress:
    """The progress of who sent the call here, with his next target."""
    return replace(progress, position=progress.position + 1, ring_s=0, more=False, tried=(), by=progress.by[:-1])
