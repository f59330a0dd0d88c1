"""The short path: a message that is plain is done with what the rules said of one like it.

What a message costs is how much different code it runs through (docs/adr/0012, 0028), and most messages differ in a few
words only. So this is flat: a shape of `routing.plain` that takes all values out at once, a look for the recipe, the
engine. It decides nothing. Where no shape fits, or something is there that a shape does not know, nothing has been
done, and the rules are asked. `tests/plain` shows that both ways tell the engine and the trace the same.
"""

from __future__ import annotations

from collections.abc import Callable

from carillon.kamailio import ksr
from carillon.kamailio.fetch import TRUNKS
from carillon.kamailio.nameasker import NameAsker
from carillon.kamailio.settings import Settings
from carillon.kamailio.short.calling import Calling
from carillon.kamailio.short.kit import Kit
from carillon.kamailio.short.proving import Proving
from carillon.kamailio.short.recipes import Recipes
from carillon.kamailio.short.registering import Registering
from carillon.kamailio.short.replying import Replying
from carillon.kamailio.short.ringing import Ringing
from carillon.kamailio.short.stranger import Stranger
from carillon.kamailio.short.within import Within
from carillon.kamailio.siblings import Siblings
from carillon.kamailio.tracer import Tracer
from carillon.routing.fromtrunk import speaks_from
from carillon.stores.directory import DirectoryReader
from carillon.stores.ports import StoreDown
from carillon.stores.registrationjournal import RegistrationJournal

_FROM = ksr.Several("$rm", "$si", "$sp")


class Plain:
    """The short path of one process. What it keeps are recipes, no state of any call.

    A node without Asterisk does nothing by it: it is small, and its requests pass it twice.
    """

    def __init__(
        self,
        settings: Settings,
        directory: DirectoryReader,
        journal: RegistrationJournal,
        tracer: Tracer,
        siblings: Siblings | None = None,
        changed: NameAsker | None = None,
    ) -> None:
        self._node, self._siblings = settings.node, siblings
        self._away = siblings.addresses if siblings else frozenset()
        self._is_off = bool(settings.node.spiral)
        self._sources = {str(gateway): "gateway" for gateway in settings.node.every_gateway}
        if settings.node.presence:
            self._sources[str(settings.node.presence)] = "presence server"
        if settings.node.feed:
            self._sources[str(settings.node.feed)] = "feed"
        kit = Kit(settings, directory, tracer, siblings, Recipes(settings.node))
        self.reply = Replying(kit).passes
        self._kinds = _kinds(kit, journal, changed)

    def request(self) -> bool:
        """Whether the request was plain, and is done."""
        method, address, port = _FROM.texts()
        place = f"{address}:{port}"
        source = self._sources.get(place, "outside")
        if self._siblings and (address in self._away or ksr.number("$Rp") == self._node.cluster_port):
            return False
        if ":" in address:  # the engine writes IPv6 in a way of its own, and our Asterisk may speak it too
            return False
        if source == "outside" and ksr.shared_text(TRUNKS, speaks_from(address, int(port))):
            return False
        return self.known_request(method, place, source)

    def known_request(self, method: str, place: str, source: str) -> bool:
        """The same, of a request from ADDRESS:PORT, of our Asterisk (`gateway`) or no part of us (`outside`)."""
        kind = self._kinds.get((method, source))
        if kind is None or self._is_off:
            return False
        try:
            return kind(method, place)
        except StoreDown:  # reads come before anything is done
            return False


def _kinds(
    kit: Kit, journal: RegistrationJournal, changed: NameAsker | None
) -> dict[tuple[str, str], Callable[[str, str], bool]]:
    """Who takes a request, by its method and where it comes from."""
    proving, stranger = Proving(kit.settings.node.secrets, kit.directory), Stranger(kit)
    within = Within(kit)
    return {
        ("ACK", "gateway"): within.to_phone,
        ("BYE", "gateway"): within.to_phone,
        ("ACK", "outside"): within.to_gateway,
        ("BYE", "outside"): within.to_gateway,
        ("INVITE", "outside"): Calling(kit, proving, stranger).request,
        ("INVITE", "gateway"): Ringing(kit).request,
        ("REGISTER", "outside"): Registering(kit, proving, stranger, journal, changed).request,
    }
