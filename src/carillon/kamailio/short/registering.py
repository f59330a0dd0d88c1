"""A phone stores its only contact, anew or again."""

from __future__ import annotations

import time

from carillon.kamailio import ksr
from carillon.kamailio.nameasker import NameAsker
from carillon.kamailio.registering import save
from carillon.kamailio.short.kit import Kit
from carillon.kamailio.short.proving import Proving, spent_by
from carillon.kamailio.short.stranger import Stranger
from carillon.kamailio.siblings import TABLE as SIBLINGS
from carillon.routing import examples
from carillon.routing.decision import Save
from carillon.routing.elsewhere import MOVING
from carillon.routing.plain import REGISTER, REGISTER_VALUES
from carillon.stores.registrationjournal import RegistrationJournal

_REGISTER = ksr.Several(*REGISTER_VALUES)


class Registering:
    """Stores it, or asks a stranger who he is."""

    def __init__(
        self,
        kit: Kit,
        proving: Proving,
        stranger: Stranger,
        journal: RegistrationJournal,
        changed: NameAsker | None,
    ) -> None:
        self._tracer, self._recipe, self._domain, self._siblings = kit.tracer, kit.recipes.of, kit.domain, kit.siblings
        self._proved, self._stranger_is_asked = proving.proved, stranger.is_asked
        self._journal, self._changed = journal, changed

    def request(self, method: str, place: str) -> bool:
        """Whether a REGISTER was plain, and is done."""
        text = _REGISTER.together()
        return self._is_registered(text, place) or self._stranger_is_asked(text, place)

    def _is_registered(self, text: str, place: str) -> bool:
        found = REGISTER.fullmatch(text)
        if found is None or (self._siblings is not None and ksr.shared_text(SIBLINGS, MOVING) is not None):
            return False
        host, call_id, transport, by, home, _, sequence, hops, credentials, user, domain, contact, uri, *rest = (
            found.groups()
        )
        parameter, header, agent = rest
        profile = self._domain(home) if home == host == domain else None
        proved = self._proved(credentials, "REGISTER", home, profile.digest) if profile else None
        if proved is None or user != proved[2]:
            return False
        known = self._recipe(examples.registered, profile, int(hops), parameter, header, agent)
        aor = f"{user}@{home}"
        if known is None or not ksr.is_only_contact(aor, uri):
            return False
        if ksr.is_absorbed():
            return True
        said = f"{sequence}|{call_id}|{transport} {place.replace(':', ' ')}|sip:{host}|{contact}"
        blanks = {"caller": user, "device": proved[1], "use": proved[0], "by": spent_by(said)}
        known.done(blanks)
        asked = known.decision.outcome
        assert isinstance(asked, Save)
        save(
            Save(aor, asked.encrypted, asked.changes, asked.dialect, asked.priority, removes=asked.removes),
            self._journal,
            self._changed,
        )
        self._tracer.row(
            f"{time.time()!r}\x1fregister\x1f{call_id}\x1f\x1f{place}\x1foutside\x1fREGISTER\x1f{by}@{home}"
            f"\x1f@{host}\x1f{known.words % blanks}"
        )
        return True
