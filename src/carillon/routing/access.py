"""The access number (behaviours 20): a person of ours calls through the system from a telephone outside.

Who calls is believed by his number, and only on a trunk that is trusted, as numbers can be forged. What he types is
looked up with his rights and number plan; calls that cost ask for his PIN first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from carillon.model.frozen import dataclass
from carillon.model.rights import NumberClass
from carillon.routing.codes import Feature, dialled
from carillon.routing.facts import Unknown
from carillon.routing.meant import outside_of, told_outside
from carillon.routing.numbering import OutsideNumber, cleaned
from carillon.sip.private import PrivateHeader
from carillon.stores.ports import Directory, Party

SERVICE: Final = "access"
REFUSED: Final = 403, "Forbidden"
"""Whoever may not, whatever the reason: nobody learns whether a number is somebody's."""

WITHOUT_PIN: Final = frozenset({NumberClass.EMERGENCY, NumberClass.FREE})
"""Outside calls that cost nothing, and calls for help."""

TOLD: Final = (PrivateHeader.OUTSIDE, PrivateHeader.SITE, PrivateHeader.CALLER_NUMBER, PrivateHeader.WITHHELD)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom somebody calls through the system: `called`, an address of record or a number with our domain.

    `outside` is None for a call inside. `told` is what the outbound leg must know of who calls.
    """

    called: str
    outside: OutsideNumber | None
    told: Mapping[PrivateHeader, str]

    @property
    def needs_pin(self) -> bool:
        """Whether it costs."""
        return self.outside is not None and self.outside.number_class not in WITHOUT_PIN

    @property
    def is_emergency(self) -> bool:
        """Whether it is a call for help, for which there is no limit."""
        return self.outside is not None and self.outside.number_class is NumberClass.EMERGENCY


def is_number(callee: Party | Unknown | None) -> bool:
    """Whether what was called is an access number."""
    return isinstance(callee, Party) and callee.service == SERVICE


def person(domain: str, number: str, directory: Directory) -> Party | None:
    """Whose telephone calls; None when it is nobody's. Raises StoreDown."""
    named = directory.named(domain, number, "") if number else None
    return directory.party(domain, named.extension) if named and named.extension else None


def wanted(typed: str, party: Party, directory: Directory) -> Wanted | None:
    """Whom a person means by what he typed, as at his desk; None for nobody. Raises StoreDown.

    Of the feature codes, those that show or hide the caller are there.
    """
    meant = dialled(typed)
    number = cleaned(meant.number)
    if not number or meant.feature not in (None, Feature.SHOW, Feature.WITHHOLD):
        return None
    callee = directory.party(party.domain, number)
    withheld = party.withhold if meant.feature is None else meant.feature is Feature.WITHHOLD
    outside = outside_of(number, party, callee) if directory.outbound(party.domain) else None
    if outside is not None:
        return Wanted(f"{outside.number}@{party.domain}", outside, told_outside(party, outside, withheld=withheld))
    if callee is None or is_number(callee):
        return None
    hidden = "yes" if meant.feature is Feature.WITHHOLD else ""
    return Wanted(callee.aor, None, {PrivateHeader.WITHHELD: hidden})


def may(party: Party, want: Wanted) -> bool:
    """Whether a person has the right to it; calls inside and calls for help need none."""
    return want.outside is None or want.is_emergency or want.outside.number_class in party.outside


def headers(party: Party, want: Wanted) -> dict[PrivateHeader, str]:
    """All that the outbound leg is told of such a call; "" where there is nothing."""
    own = {PrivateHeader.CALLER: party.aor, PrivateHeader.CALLED: want.called, PrivateHeader.ORIGIN: "internal"}
    return {**dict.fromkeys(TOLD, ""), **own, **want.told, PrivateHeader.ACCESS: "yes"}


def described(domain: str, number: str, directory: Directory) -> str:
    """What the caller gets, in words; raises StoreDown."""
    party = person(domain, number, directory)
    if party is None:
        return f"the caller gets {REFUSED[0]} {REFUSED[1]}: {number} is nobody's telephone"
    return f"asks {party.extension} ({party.name}) for a number: free calls at once, others with the PIN"
