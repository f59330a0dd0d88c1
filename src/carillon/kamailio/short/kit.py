"""What all kinds of plain messages are done with."""

from __future__ import annotations

from dataclasses import dataclass

from carillon.kamailio import ksr
from carillon.kamailio.settings import Settings
from carillon.kamailio.short.recipes import Recipes
from carillon.kamailio.siblings import Siblings
from carillon.kamailio.tracer import Tracer
from carillon.routing.elsewhere import TABLE as ELSEWHERE
from carillon.routing.sessiontimer import UNTIMED
from carillon.sip.sessiontimer import Timing
from carillon.stores.directory import DirectoryReader
from carillon.stores.ports import DomainProfile


@dataclass(frozen=True, slots=True)
class Kit:
    """Each kind takes out of it what it needs, once: a message is to find everything a step away."""

    settings: Settings
    directory: DirectoryReader
    tracer: Tracer
    siblings: Siblings | None
    recipes: Recipes

    def domain(self, name: str) -> DomainProfile | None:
        """The profile of a domain of ours, as the directory says now."""
        self.directory.renew()
        return self.directory.domains().get(name)

    def have_calls_elsewhere(self, *aors: str) -> bool:
        """Whether a call of these may belong to another node's Asterisk, as the rules know."""
        return self.siblings is not None and any(ksr.shared_text(ELSEWHERE, aor) is not None for aor in aors)


def timing(interval: str | None, least: str | None) -> Timing:
    """What a call says of its session timer, by both values that a shape takes out."""
    return UNTIMED if interval is least is None else Timing(interval or "", least or "", supported=True)
