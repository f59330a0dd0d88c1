"""With which ring phones ring (slide "Distinctive rings"): by where the call comes from, in their maker's words."""

from __future__ import annotations

from typing import Final

from carillon.model.dialect import dialect_numbered
from carillon.model.ring import RingOrigin, alert_info, default_ring
from carillon.routing.chain import Verdict
from carillon.routing.decision import RingAs
from carillon.routing.facts import UNKNOWN, Facts
from carillon.routing.hop import progress_of
from carillon.routing.request import Request
from carillon.sip.private import PrivateHeader
from carillon.stores.ports import Party, RingProfile

OUTSIDE: Final = Verdict("skipped", "outside")
ALIKE: Final = Verdict("skipped", "these phones ring alike")
KEPT_OFF: Final = Verdict("skipped", "the call says so")


def rung_as(request: Request, facts: Facts) -> Verdict:
    """Phones are told what the call is, unless their owner or the call wants them to ring alike.

    Where the domain has switched a ring off, the call rings as what it is besides. What the caller's phone wished
    does not count: Asterisk passes no Alert-Info on.
    """
    party = facts.callee
    if not isinstance(party, Party):
        return OUTSIDE
    if not party.rings:
        return ALIKE
    if PrivateHeader.NO_RINGS in request.private:
        return KEPT_OFF
    for origin in origins_of(request):
        ring = ring_of(party.domain, origin, facts)
        if ring.enabled:
            return Verdict("rings as", origin, effects=(RingAs(origin, ring),))
    return Verdict("skipped", "switched off in this domain")


def origins_of(request: Request) -> tuple[RingOrigin, ...]:
    """What a call is, the most special first."""
    private, progress = request.private, progress_of(request)
    special = {
        RingOrigin.RECALL: PrivateHeader.RECALL in private,
        RingOrigin.GROUP: PrivateHeader.GROUP in private,
        RingOrigin.FORWARDED: bool(progress.by),
    }
    internal = private.get(PrivateHeader.ORIGIN, RingOrigin.INTERNAL) == RingOrigin.INTERNAL
    found = tuple(origin for origin, is_so in special.items() if is_so)
    return (*found, RingOrigin.INTERNAL if internal else RingOrigin.EXTERNAL)


def ring_of(domain: str, origin: RingOrigin, facts: Facts) -> RingProfile:
    """The ring of a domain; not knowing, the default one."""
    chosen = None if facts.rings is UNKNOWN else facts.rings.get((domain, origin))
    if chosen is not None:
        return chosen
    ring = default_ring(domain, origin)
    return RingProfile(ring.text, ring.bellcore, ring.urn, ring.enabled)


def told(ring: RingProfile, dialect: int) -> str:
    """What phones of this dialect are told, as Alert-Info."""
    return alert_info(dialect_numbered(dialect), ring.text, ring.bellcore, ring.urn)
