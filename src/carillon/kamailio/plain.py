"""The short path: a message that is plain is done with what the rules said of one like it.

What a message costs is how much different code it runs through (docs/adr/0012, 0028), and most messages differ in a few
words only. So this is flat: a shape of `routing.plain` that takes all values out at once, a look for the recipe, the
engine. It decides nothing. Where no shape fits, or something is there that a shape does not know, nothing has been
done, and the rules are asked. `tests/plain` shows that both ways tell the engine and the trace the same.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from typing import Final

from carillon.kamailio import ksr
from carillon.kamailio.fetch import NONCES, TOLD, TRUNKS
from carillon.kamailio.means import MEMO, NobodyThere
from carillon.kamailio.nameasker import NameAsker
from carillon.kamailio.recipe import NOTHING, SEVERAL, STRIPPED, Recipe, recipe
from carillon.kamailio.registering import save
from carillon.kamailio.ringing import ring
from carillon.kamailio.routes import CHALLENGES
from carillon.kamailio.settings import Settings
from carillon.kamailio.siblings import TABLE as SIBLINGS
from carillon.kamailio.siblings import Siblings
from carillon.kamailio.tracer import Tracer
from carillon.routing import examples
from carillon.routing.decision import Relay, Ring, Save
from carillon.routing.dialogs import TABLE as DIALOGS
from carillon.routing.elsewhere import MOVING
from carillon.routing.elsewhere import TABLE as ELSEWHERE
from carillon.routing.examples import Example
from carillon.routing.facts import Gateway
from carillon.routing.fromtrunk import speaks_from
from carillon.routing.plain import (
    CALL,
    CALL_VALUES,
    CREDENTIALS,
    NONE,
    PRIVATE,
    REGISTER,
    REGISTER_VALUES,
    REPLY,
    REPLY_VALUES,
    RTPMAP,
    RUNG,
    RUNG_VALUES,
    STRANGER,
    WITHIN,
    WITHIN_VALUES,
)
from carillon.routing.progress import key_of
from carillon.routing.sessiontimer import UNTIMED
from carillon.sip.dialogproof import is_proved, proof
from carillon.sip.digest import NonceState, make_nonce, nonce_state, response
from carillon.sip.legid import is_leg_id, make_leg_id
from carillon.sip.sessiontimer import Timing
from carillon.sip.uri import quoted
from carillon.stores.directory import DirectoryReader
from carillon.stores.ports import DomainProfile, StoreDown
from carillon.stores.registrationjournal import RegistrationJournal

MOST_RECIPES: Final = 4096

_FROM = ksr.Several("$rm", "$si", "$sp")
_WITHIN = ksr.Several(*WITHIN_VALUES)
_REPLY = ksr.Several(*REPLY_VALUES)
_CALL = ksr.Several(*CALL_VALUES)
_RUNG = ksr.Several(*RUNG_VALUES)
_REGISTER = ksr.Several(*REGISTER_VALUES)

_HASHES: Final = {"MD5": (0, "md5", ("both", "md5")), "SHA-256": (1, "sha256", ("both", "sha256"))}
"""For each algorithm: the place of its HA1 among both, the hash's name, and the domains that offer it."""


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
        self._journal, self._siblings, self._changed = journal, siblings, changed
        self._away = siblings.addresses if siblings else frozenset()
        self._ports = {f":{sibling.port}" for sibling in settings.node.siblings}
        self._node, self._directory, self._tracer = settings.node, directory, tracer
        self._socket = settings.gateway_sockets.towards
        self._secrets = settings.node.secrets
        first = settings.node.gateways[0] if settings.node.gateways else None
        self._hop = (f"sip:{first};transport=udp", self._socket(first.address)) if first else ("", "")
        self._relay = Relay(first or Gateway("", 0), "")
        self._ring = Ring("", settings.node.ring_s)
        self._sources = {str(gateway): "gateway" for gateway in settings.node.every_gateway}
        self._gateways = frozenset(self._sources)
        if settings.node.presence:
            self._sources[str(settings.node.presence)] = "presence server"
        if settings.node.feed:
            self._sources[str(settings.node.feed)] = "feed"
        self._is_off = bool(settings.node.spiral)
        self._recipes: dict[tuple[object, ...], Recipe | None] = {}
        self._kinds: dict[tuple[str, str], Callable[[str, str], bool]] = {
            ("ACK", "gateway"): self._to_phone,
            ("BYE", "gateway"): self._to_phone,
            ("ACK", "outside"): self._to_gateway,
            ("BYE", "outside"): self._to_gateway,
            ("INVITE", "outside"): self._calls,
            ("INVITE", "gateway"): self._is_rung,
            ("REGISTER", "outside"): self._registers,
        }

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

    # --- requests of a dialog

    def _to_phone(self, method: str, place: str) -> bool:
        return self._within(method, place, "gateway")

    def _to_gateway(self, method: str, place: str) -> bool:
        return self._within(method, place, "outside")

    def _within(self, method: str, place: str, source: str) -> bool:
        """ACK and BYE of a dialog that is proved to be ours, and whose sound goes by no relay."""
        text = _WITHIN.together()
        found = WITHIN.fullmatch(text)
        if found is None or PRIVATE in text.lower():
            return False
        user, called, call_id, by, home, sender, to, mark = found.groups()
        if source == "outside" and called not in self._gateways:
            return False
        if any(port in text for port in self._ports):  # another node may have its part in the dialog
            return False
        known = self._recipe(examples.within, method, source, called)
        if known is None or not is_proved(self._secrets, mark, call_id, sender, to):
            return False
        if ksr.is_absorbed():
            return True
        if method == "BYE":
            ksr.remove_shared(DIALOGS, call_id)
        if source == "gateway":
            ksr.follow("", "")
        else:
            ksr.follow(f"sip:{called};transport=udp", self._socket(called))
        self._tracer.row(
            f"{time.time()!r}\x1fin-dialog\x1f{call_id}\x1f\x1f{place}\x1f{source}\x1f{method}\x1f{by}@{home}"
            f"\x1f{user}@{called.partition(':')[0]}\x1f{known.words}"
        )
        return True

    # --- replies of a leg

    def reply(self) -> bool:
        """Whether a reply was plain, and is done."""
        text = "" if self._is_off else _REPLY.together()
        found = REPLY.fullmatch(text)
        if found is None or PRIVATE in text.lower():
            return False
        code, reason, call_id, tag, address, port, host, at, timer, leg, leg_id, called, shown, says = found.groups()
        if address in self._away:
            return False
        if leg == "inbound":
            if ksr.shared_text(TOLD, leg_id) is not None:
                return False
        elif shown or says or (code != "180" and ksr.wants_encryption()):
            return False
        known = self._recipe(examples.reply, leg, int(code), reason, timer if timer != NONE else "", bool(shown))
        if known is None:
            return False
        blanks = {"shown": shown, "call_id": call_id, "tag": tag}
        known.done(blanks)
        if host is not None and (host != address or (at or "5060") != port):
            ksr.alias_this_contact()
        self._tracer.row(
            f"{time.time()!r}\x1f{leg} reply\x1f\x1f{leg_id}\x1f{address}\x1f\x1f{code}\x1f\x1f{called}"
            f"\x1f{known.words % blanks}"
        )
        return True

    # --- what begins something

    def _calls(self, method: str, place: str) -> bool:
        text = _CALL.together()
        return self._is_called(text, place) or self._challenged(text, place)

    def _registers(self, method: str, place: str) -> bool:
        text = _REGISTER.together()
        return self._is_registered(text, place) or self._challenged(text, place)

    def _challenged(self, text: str, place: str) -> bool:
        """A stranger is asked who he is."""
        found = STRANGER.fullmatch(text)
        if found is None:
            return False
        method, number, host, call_id, _, by, home, _, _, hops = found.groups()
        profile = self._domain(home)
        known = self._recipe(examples.challenge, method, profile, host, int(hops)) if profile else None
        if known is None:
            return False
        if ksr.is_absorbed():
            return True
        now = time.time()
        blanks = {"nonce": make_nonce(self._secrets, home, now, secrets.token_hex(12))}
        known.done(blanks)
        route = "inbound"
        if method == "REGISTER":
            route = "register"
            ksr.reply(401, "Unauthorized")
        else:
            ksr.reply(407, "Proxy Authentication Required")
        if known.challenge:  # for the rest of this second the engine asks others the same, docs/adr/0026
            ksr.set_shared_text(CHALLENGES, f"{method}|{home}|{host}|{hops}|{int(now)}", known.challenge % blanks)
        self._tracer.row(
            f"{now!r}\x1f{route}\x1f{call_id}\x1f\x1f{place}\x1foutside\x1f{method}\x1f{by}@{home}"
            f"\x1f{number}@{host}\x1f{known.words}"
        )
        return True

    def _is_called(self, text: str, place: str) -> bool:
        """A phone that proves whose it is calls a colleague."""
        found = CALL.fullmatch(text)
        if found is None or PRIVATE in text.lower():
            return False
        number, host, call_id, transport, by, home, tag, sequence, hops, credentials, *rest = found.groups()
        timer, least, at, port, payloads, attributes = rest
        profile = self._domain(home) if home == host else None
        if profile is None:
            return False
        proved = self._proved(credentials, "INVITE", home, profile.digest)
        called = self._directory.plain_called(home, number) if proved else None
        if proved is None or called is None:
            return False
        known = self._recipe(
            *(examples.call, profile, int(hops), _timing(timer, least), payloads, tuple(RTPMAP.findall(attributes)))
        )
        use, device, caller, name = proved
        if known is None or self._have_calls_elsewhere(f"{caller}@{home}", f"{called[0]}@{home}"):
            return False
        if ksr.is_absorbed():
            return True
        leg = make_leg_id(self._secrets, secrets.token_hex(12))
        said = f"{sequence}|{call_id}|{transport} {place.replace(':', ' ')}|sip:{number}@{host}|"
        blanks = {
            "use": use,
            "by": hashlib.sha256(said.encode()).hexdigest()[:24],
            "device": device,
            "number": number,
            "caller": caller,
            "caller_name": name,
            "caller_quoted": quoted(name),
            "called": called[0],
            "called_name": called[1],
            "called_quoted": quoted(called[1]),
            "leg": leg,
            "proof": proof(self._secrets, call_id, tag),
        }
        known.done(blanks)
        ksr.set_text(MEMO, known.memo % blanks)
        elsewhere = f"{at}:{port or 5060}" != place
        ksr.send_to_gateway(
            f"sip:{called[0]}@{home}", *self._hop, self._relay.answer_s, self._relay.silence_s, alias=elsewhere
        )
        self._tracer.row(
            f"{time.time()!r}\x1finbound\x1f{call_id}\x1f{leg}\x1f{place}\x1foutside\x1fINVITE\x1f{by}@{home}"
            f"\x1f{number}@{host}\x1f{known.words % blanks}"
        )
        return True

    def _is_registered(self, text: str, place: str) -> bool:
        """A phone stores its only contact, anew or again."""
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
        use, device, extension, _ = proved
        aor = f"{extension}@{home}"
        if known is None or not ksr.is_only_contact(aor, uri):
            return False
        if ksr.is_absorbed():
            return True
        said = f"{sequence}|{call_id}|{transport} {place.replace(':', ' ')}|sip:{host}|{contact}"
        blanks = {
            "caller": extension,
            "device": device,
            "use": use,
            "by": hashlib.sha256(said.encode()).hexdigest()[:24],
        }
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

    def _is_rung(self, method: str, place: str) -> bool:
        """Our Asterisk calls a colleague; after NobodyThere and media.RelayDown the rest is for the rules."""
        text = _RUNG.together()
        found = RUNG.fullmatch(text)
        if found is None:
            return False
        user, host, call_id, _, by, home, tag, _, hops, name, timer, least, leg, called, caller = found.groups()
        aor, profile = f"{user}@{host}", self._domain(host)
        if profile is None or called != aor or not is_leg_id(self._secrets, leg):
            return False
        cut_off = self._siblings is not None and self._siblings.is_cut_off()  # then more must be thought of
        party = None if cut_off else self._directory.plain_rung(host, user)
        if party is None or party[0] != user:
            return False
        chosen = self._directory.rings().get((host, "internal"))
        key = examples.rung, profile, int(hops), _timing(timer, least), chosen
        if self._recipe(*key) is None or ksr.is_absorbed():
            return False
        if not ksr.look_up_contacts(aor):
            return False
        if self._siblings:
            self._siblings.watch(aor)
        more, flags, next_hop = ksr.TARGETS.texts()
        alone = more == "0"
        if not alone:
            ksr.arrange_contacts(aor)
        known = self._recipe(*key, dialect=ksr.dialect_in(int(flags)) if alone else SEVERAL)
        assert known
        now = time.time()
        blanks = {
            "caller": caller,
            "caller_name": name,
            "caller_quoted": quoted(name),
            "called": user,
            "called_name": party[1],
            "leg": leg,
            "key": key_of(self._secrets, leg),
            "proof": proof(self._secrets, call_id, tag),
            "call_id": call_id,
            "tag": tag,
            "since": repr(now),
            "until": f"{now + self._node.ring_s:.0f}",
        }
        known.done(blanks)
        ksr.set_text(MEMO, known.memo % blanks)
        if not alone:
            ring(Ring(aor, self._node.ring_s), recorded=False)
        elif not ksr.ring_one(int(flags), next_hop, self._ring.ring_s, self._ring.silence_s):
            raise NobodyThere(aor)
        self._tracer.row(
            f"{now!r}\x1foutbound\x1f{call_id}\x1f{leg}\x1f{place}\x1fgateway\x1fINVITE\x1f{by}@{home}"
            f"\x1f{aor}\x1f{known.words % blanks}"
        )
        return True

    def _proved(self, text: str, method: str, home: str, digest: str) -> tuple[str, str, str, str] | None:
        """The use of the nonce, the device, and extension and name of its person; None where the rules must say why."""
        given = dict(CREDENTIALS.findall(text))
        try:
            nonce, count, device = given["nonce"], given["nc"], given["username"]
            place, name, offers = _HASHES[given.get("algorithm", "MD5")]
            middle, uri, answer = f"{nonce}:{count}:{given['cnonce']}:auth", given["uri"], given["response"]
        except KeyError:
            return None
        use = f"{nonce}:{count}"
        if given.get("realm") != home or given.get("qop") != "auth" or digest not in offers:
            return None
        read = self._directory.plain_phone if method == "REGISTER" else self._directory.plain_caller
        account = read(home, device)
        if account is None or not hmac.compare_digest(response(name, account[place], middle, method, uri), answer):
            return None
        if nonce_state(self._secrets, home, nonce, time.time()) is not NonceState.FRESH:
            return None
        return None if ksr.shared_text(NONCES, use) is not None else (use, device, account[2], account[3])

    def _have_calls_elsewhere(self, *aors: str) -> bool:
        """Whether a call of these may belong to another node's Asterisk, as the rules know."""
        return self._siblings is not None and any(ksr.shared_text(ELSEWHERE, aor) is not None for aor in aors)

    def _domain(self, name: str) -> DomainProfile | None:
        self._directory.renew()
        return self._directory.domains().get(name)

    def _recipe(self, example: Callable[..., Example | None], *key: object, dialect: int = 0) -> Recipe | None:
        """What the rules said before of the same, or what they say now of an example."""
        try:
            return self._recipes[example, dialect, *key]
        except KeyError:
            pass
        if len(self._recipes) >= MOST_RECIPES:
            self._recipes.clear()
        said = example(self._node, *key)
        stripped = STRIPPED if example is examples.rung else NOTHING
        made = self._recipes[example, dialect, *key] = recipe(*said, dialect, stripped) if said else None
        return made


def _timing(interval: str | None, least: str | None) -> Timing:
    return UNTIMED if interval is least is None else Timing(interval or "", least or "", supported=True)
