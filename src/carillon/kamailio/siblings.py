"""Phones whose home is another node, in the engine's hands: which targets they are, and how that node is.

A system with one node comes to none of this.
"""

from __future__ import annotations

from dataclasses import dataclass

from carillon.kamailio import ksr
from carillon.kamailio.routes import Callback
from carillon.routing.facts import AwayFacts, Flow, Gateway, NodeProfile, Sibling

TABLE = "siblings"
"""How each sibling is, by name: `up` or `down`, written by the daemon that hears them; gone when it is silent."""

UP, DOWN = "up", "down"

AWAY = "$avp(away)"
"""For whom phones ring that have their home elsewhere."""


@dataclass(frozen=True, slots=True)
class Siblings:
    """The other nodes, by where requests are sent to them; `socket` is where they hear and know this one.

    `apart` is whether this node is at a branch: all others are beyond its link.
    """

    by_uri: dict[str, Sibling]
    socket: str
    apart: bool = False

    @classmethod
    def of(cls, node: NodeProfile, socket: str) -> Siblings | None:
        """None on a node that has none."""
        return cls({one.uri: one for one in node.siblings}, socket, bool(node.branch)) if node.siblings else None

    @property
    def addresses(self) -> frozenset[str]:
        """All addresses of all of them."""
        return frozenset(address for sibling in self.by_uri.values() for address in sibling.addresses)

    def watch(self, aor: str) -> None:
        """Have each target looked at before it is sent to, where the home of any is a sibling."""
        if any(target in self.by_uri for target in ksr.next_hops()):
            ksr.set_text(AWAY, aor)
            self._prepare()

    def watch_next(self) -> None:
        """The same for those that ring after the first ones."""
        if ksr.text(AWAY):
            self._prepare()

    def _prepare(self) -> None:
        ksr.set_branch_callback(Callback.BRANCH)
        ksr.connects_as_node()

    def mains(self) -> tuple[Sibling, ...]:
        """Those that are heard."""
        return tuple(one for one in self.by_uri.values() if not one.branch and self._is_up(one))

    def satellites(self) -> tuple[Sibling, ...]:
        """Those that are heard, and have an Asterisk."""
        return tuple(one for one in self.by_uri.values() if one.makes_calls and self._is_up(one))

    def is_cut_off(self) -> bool:
        """Whether this is a branch that hears no main."""
        return self.apart and not self.mains()

    def is_beyond(self, aor: str) -> bool:
        """Whether this branch is cut off, and no phone of somebody is within reach."""
        if not self.is_cut_off():
            return False
        homes = [self.by_uri.get(each.received) for each in ksr.bindings(aor) if each.expires > ksr.EXPIRED]
        return all(home is not None and not self._is_up(home) for home in homes)

    @staticmethod
    def _is_up(sibling: Sibling) -> bool:
        return ksr.shared_text(TABLE, sibling.name) == UP

    def away(self) -> tuple[str, AwayFacts] | None:
        """In a branch: for whom it is and how its home is; None for a phone that has its home here."""
        sibling = self.by_uri.get(ksr.text("$du"))
        if sibling is None:
            return None
        state = ksr.shared_text(TABLE, sibling.name)
        up = None if state is None else state == UP
        beyond_link = self.apart or sibling.branch  # its phones are as far away as it is itself
        return ksr.text(AWAY), AwayFacts(sibling.name, up, ksr.is_reached_directly() and not beyond_link)

    def send_to(self, gateway: Gateway) -> bool:
        """Send to the Asterisk of a sibling, through its Kamailio; False for one of our own."""
        sibling = next((each for each in self.by_uri.values() if each.gateway == gateway), None)
        if sibling is None:
            return False
        ksr.send_to_node(sibling.uri, self.socket)
        return True

    def has_sent(self) -> bool:
        """Whether the message came from one of them."""
        return ksr.source_address() in self.addresses

    def is_next(self) -> bool:
        """Whether the route set of the request leads to one of them; it is about to be sent."""
        if not ksr.leads_to({f"{address}:{s.port}" for s in self.by_uri.values() for address in s.addresses}):
            return False
        ksr.connects_as_node()
        return True

    def flow(self, aor: str, contact: str) -> Flow | None:
        """The way to a phone that has its home here."""
        for each in ksr.bindings(aor):
            if each.contact == contact and each.received not in self.by_uri and each.expires > ksr.EXPIRED:
                return Flow(each.contact, each.received, each.path, each.socket)
        return None
