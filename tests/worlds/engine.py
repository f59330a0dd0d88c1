"""What Kamailio and Asterisk would do with our decisions: an interpreter, so that tests assert what people got."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace

from tests.worlds.access import Access
from tests.worlds.phone import SimulatedPhone
from tests.worlds.post import SimulatedPost
from tests.worlds.presence import SimulatedPresence
from tests.worlds.ringgroup import RingGroup
from tests.worlds.sharedmemory import SimulatedSharedMemory

from carillon.kamailio.bans import Bans, Exempt, Standing
from carillon.routing import access, failures, replies
from carillon.routing.admission import guess_of
from carillon.routing.bans import SETTINGS
from carillon.routing.course import course
from carillon.routing.decision import (
    AddHeader,
    AskName,
    Challenge,
    Claim,
    CountGuess,
    Decision,
    DialogEnds,
    DialogRings,
    DialogUp,
    Drop,
    ForkLate,
    Header,
    KeepDialog,
    MarkLeg,
    NoteBusy,
    NoteKept,
    NoteTold,
    PutHandOver,
    Relay,
    ReleaseSlots,
    Reply,
    Resume,
    RewriteReply,
    Ring,
    RingAs,
    RingNext,
    Save,
    SetFrom,
    SpendNonce,
    StripPrivate,
    Trunk,
)
from carillon.routing.dialogs import DialogState, LiveDialog
from carillon.routing.diversion import diversions
from carillon.routing.elsewhere import Elsewhere
from carillon.routing.entrance import route_of
from carillon.routing.facts import (
    UNKNOWN,
    Beyond,
    Facts,
    FailureFacts,
    Gateway,
    NodeProfile,
    ReplyFacts,
    Sibling,
    Slots,
    Unknown,
)
from carillon.routing.forking import step_s
from carillon.routing.groupalone import as_person
from carillon.routing.latefork import LateFork
from carillon.routing.memo import Memo
from carillon.routing.progress import WORD, progress_in
from carillon.routing.questions import Questions
from carillon.routing.request import Request, Source
from carillon.routing.ringing import told
from carillon.sip.private import PREFIX, PrivateHeader
from carillon.sip.seal import Secrets
from carillon.sip.uri import SipUri, display_name
from carillon.stores.memory import MemoryCallCounts, MemoryDirectory, MemoryHandOvers
from carillon.stores.ports import HandOver, Limit, Named, RingProfile, Scope, StoreDown


@dataclass(frozen=True)
class Shown:
    """What a ringing phone shows, and the headers that came with the call."""

    name: str
    number: str
    headers: tuple[Header, ...]


@dataclass(frozen=True)
class Final:
    """A final answer as it reached somebody."""

    code: int
    reason: str = ""
    headers: tuple[Header, ...] = ()


@dataclass(eq=False)
class Leg:
    """A call as the caller's phone sees it: what rings, who answered, how it ended."""

    caller: SimulatedPhone
    ringing: dict[SimulatedPhone, Shown] = field(default_factory=dict)
    inbound_memo: Memo | None = None
    outbound_memo: Memo | None = None
    answered_by: SimulatedPhone | None = None
    final: Final | None = None
    refusals: list[Final] = field(default_factory=list)
    over: bool = False
    silent: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    shown: Shown | None = None
    ring: RingProfile | None = None
    later: list[list[SimulatedPhone]] = field(default_factory=list)
    ring_s: float = 0
    sent: list[str] = field(default_factory=list)
    service: str = ""
    been: set[str] = field(default_factory=set)
    group: RingGroup | None = None
    part_of: RingGroup | None = None
    dialog: str = ""
    picked: Leg | None = None
    late: dict[SimulatedPhone, LateFork] = field(default_factory=dict)
    access: Access | None = None
    gateway: str = ""


SERVICE = SimulatedPhone("service", "", "", "", "a service")


class Engine:
    """Interprets decisions. `down` are trunks that probes found so.

    `dead` holds gateways (`host:port`) and `redis` that do not answer.
    """

    def __init__(self, directory: MemoryDirectory, handovers: MemoryHandOvers, domain: str) -> None:
        self.directory, self.handovers = directory, handovers
        self.node = NodeProfile(domain, (Gateway("127.0.0.1", 5080),), frozenset({"10.77.0.1"}), Secrets(b"s" * 32),
            presence=Gateway("127.0.0.1", 5070),
        )  # fmt: skip
        self.bindings: dict[str, list[SimulatedPhone]] = {}
        self.providers: dict[str, SimulatedPhone] = {}
        self.dead: set[str] = set()
        self.down: set[str] = set()
        self.spent: set[str] = set()
        self.marks: dict[str, int] = {}
        self.told: dict[str, str] = {}
        self.now = 1_800_000_000.0
        self.counts = MemoryCallCounts()
        self.at: dict[str, Leg] = {}
        self.dialogs: dict[str, LiveDialog] = {}
        self.referrals: dict[str, str] = {}
        self.kept: set[str] = set()
        self.claimed: set[str] = set()
        self.elsewhere: dict[str, Elsewhere] = {}
        self.moving = False
        self.busy: dict[str, str] = {}
        self.beyond: set[str] = set()
        self.cut_unnoticed: set[str] = set()
        self.mains: tuple[Sibling, ...] = ()
        self.legs: list[Leg] = []
        self.reads: dict[str, int] = {}
        self.sources: dict[str, str] = {}
        self.pins: dict[str, str] = {}
        self.heard: dict[tuple[str, str], Named] = {}
        self.presence = SimulatedPresence(self)
        self.post = SimulatedPost(self.bindings, self.asks, self.route)
        self._story: list[str] = []
        self._ids = itertools.count(1)
        self.exempt(Exempt(frozenset({"10.77.0.1"}), (), lambda address: False))

    def goes_without_asterisk(self, *, cut_off: bool = False) -> None:
        """The node is a satellite without Asterisk from now on, and everybody is at its site."""
        main = Sibling("node1", ("10.77.0.9",), 5069)
        self.mains = () if cut_off else (main,)
        spiral = Gateway("127.0.0.1", 5060)
        self.node = replace(self.node, gateways=(), spiral=spiral, branch="main", siblings=(main,))

    # --- what phones do

    def register(self, phone: SimulatedPhone) -> Decision:
        """REGISTER with the answer to the challenge."""
        uri = SipUri("", phone.domain)
        me = SipUri(phone.username, phone.domain)
        decision = self._authenticated(phone, "REGISTER", uri, me, me, {})
        if isinstance(decision.outcome, Save):
            save = decision.outcome
            own_q = 1.0 if phone.own_q is None else phone.own_q
            phone.dialect, phone.q = save.dialect, own_q if save.priority is None else save.priority
            self.bindings.setdefault(save.aor, []).append(phone)
            self.post.is_back(save.aor)
        return decision

    def asks(
        self, phone: SimulatedPhone, method: str, uri: SipUri, *, body_bytes: int = 0, event: str = ""
    ) -> Decision:
        """A request that is no call, under the phone's own name, with the answer to the challenge."""
        me = SipUri(phone.shown_as or phone.username, phone.domain)
        return self._authenticated(phone, method, uri, me, uri, {}, body_bytes, event)

    def invite(self, phone: SimulatedPhone, number: str, headers: tuple[Header, ...]) -> Leg:
        """An INVITE, with the answer to the challenge, as far as it goes by itself."""
        target, me = SipUri(number, phone.domain), SipUri(phone.shown_as or phone.username, phone.domain)
        decision = self._authenticated(phone, "INVITE", target, me, target, dict(headers))
        leg = Leg(phone)
        self.legs.append(leg)
        self._inbound(leg, decision)
        return leg

    def answer(self, leg: Leg, phone: SimulatedPhone) -> None:
        """200: the other phones stop ringing."""
        leg.answered_by = phone
        own = leg.group.leg_of(phone) if leg.group else leg
        self._says(own, phone, 200)
        for other in leg.group.legs if leg.group else ():
            if other is not own:
                self.dialogs.pop(other.dialog, None)
        leg.ringing = {phone: leg.ringing[phone]}
        self._counted(leg)

    def refuse(self, leg: Leg, phone: SimulatedPhone, code: int, reason: str, headers: tuple[Header, ...]) -> None:
        """A final failure of one phone; the last one decides."""
        if leg.group is not None:
            before = leg.group
            self.refuse(before.leg_of(phone), phone, code, reason, headers)
            if leg.group is before:
                before.shown()
            return
        assert leg.outbound_memo is not None
        del leg.ringing[phone]
        said = self._says(leg, phone, code, reason)
        leg.refusals.append(_rewritten(Final(code, reason, headers), said))
        if not leg.ringing:
            self._all_failed(leg)

    def _all_failed(self, leg: Leg) -> None:
        """Silence wins over a refusal in the engine too, and the rules must know better."""
        best = min(leg.refusals, key=lambda final: final.code)
        if leg.silent:
            refusal = (best.code, best.reason)
            self._outbound_failed(leg, FailureFacts(408, timed_out=True, rang=True, refusal=refusal))
        else:
            contact = SipUri.parse(dict(best.headers).get("Contact", "").strip("<>"))
            moved = contact.user if contact else ""
            said = FailureFacts(best.code, best.reason, rang=True, headers=best.headers, redirected_to=moved)
            self._outbound_failed(leg, said)

    def rings_out(self, leg: Leg) -> None:
        """Nobody answered within the ringing time."""
        if leg.group is not None:
            leg.group.rings_out()
            return
        leg.ringing.clear()
        self.now += leg.ring_s
        self._outbound_failed(leg, FailureFacts(408, timed_out=True, rang=True))

    def cancel(self, leg: Leg) -> None:
        """The caller hangs up before an answer."""
        leg.ringing.clear()
        leg.over = True
        if leg.group is not None:
            self._back(leg, Final(487))
            return
        assert leg.outbound_memo is not None
        self._outbound_failed(leg, FailureFacts(487, "Request Terminated", cancelled=True))

    def end(self, leg: Leg) -> None:
        """BYE."""
        leg.ringing.clear()
        leg.over = True
        self.dialogs.pop(leg.dialog, None)
        if leg.inbound_memo:
            self.counts.end(leg.inbound_memo.leg_id)
        for aor in [aor for aor, at in self.at.items() if at is leg]:
            del self.at[aor], self.counts.gateways[aor]

    def ladder(self) -> str:
        """All decisions so far, rule by rule."""
        return "\n".join(self._story)

    # --- what the engine does

    def reaches_caller(self, leg: Leg, code: int, header: str) -> list[str]:
        """The values of a header with which a reply that rings or answers reaches the caller."""
        assert leg.inbound_memo is not None
        said = replies.decide(leg.inbound_memo, ReplyFacts(code, told=self.told.get(leg.inbound_memo.leg_id, "")))
        return [each.value for each in said.effects if isinstance(each, AddHeader) and each.name == header]

    def _says(self, leg: Leg, phone: SimulatedPhone, code: int, reason: str = "") -> Decision:
        """A reply of one phone, seen by the reply route."""
        assert leg.outbound_memo is not None
        said = replies.decide(leg.outbound_memo, ReplyFacts(code, reason, late=leg.late.get(phone)))
        self._note("outbound reply", said)
        for effect in said.effects:
            self._effect(effect, leg.dialog, phone.tag)
        return said

    def _authenticated(
        self,
        phone: SimulatedPhone,
        method: str,
        uri: SipUri,
        sender: SipUri,
        to: SipUri,
        private: dict[str, str],
        body_bytes: int = 0,
        event: str = "",
    ) -> Decision:
        source = phone.address
        contact = f"<sip:{phone.username}@192.0.2.1>" + ("" if phone.own_q is None else f";q={phone.own_q}")
        contacts = contact if method == "REGISTER" else ""
        request = Request(
            *(method, uri, sender, to, f"call-{next(self._ids)}"),
            from_tag="f",
            private=private,
            source_address=source,
            replaces=private.get("Replaces", ""),
            user_agent=phone.user_agent,
            contacts=contacts,
            body_bytes=body_bytes,
            event=event,
        )
        decision = self.route(request)
        if isinstance(decision.outcome, Challenge):
            credentials = phone.responds(decision.outcome.headers[-1][1], method, str(uri))
            request = Request(
                *(method, uri, sender, to, request.call_id),
                from_tag="f", credentials=credentials, private=private, source_address=source,
                replaces=private.get("Replaces", ""),
                user_agent=phone.user_agent, contacts=contacts, body_bytes=body_bytes, event=event,
            )  # fmt: skip
            decision = self.route(request)
        return decision

    def route(self, request: Request) -> Decision:
        """One request through its route: ask, fetch, decide; the banned come to no route."""
        if request.source is Source.OUTSIDE and self._is_banned(request):
            return Decision(Drop())
        route = route_of(request, self.node)
        before = self.directory.reads
        done = course(route, request, self.node, self._facts, self.slots)
        decision = done.decision
        self.reads[route.name] = self.directory.reads - before
        for effect in decision.effects:
            self._effect(effect)
        self.kept |= {effect.call_id for effect in decision.effects if isinstance(effect, NoteKept)}
        self._note(f"{route.name}: {request.summary}", decision)
        return decision

    def exempt(self, exempt: Exempt) -> None:
        """Who is never banned; forgets what was counted."""
        self.memory = SimulatedSharedMemory(lambda: self.now)
        self.bans = Bans(self.memory, exempt, SETTINGS, lambda: self.now, self._story.append)

    def _is_banned(self, request: Request) -> bool:
        standing, credentials = self.bans.standing(request.source_address), request.credentials
        if standing is Standing.WATCHED and credentials is not None:
            return self.bans.is_banned(guess_of(request.source_address, credentials))
        return standing is Standing.BANNED

    def _facts(self, asked: Questions, request: Request) -> Facts:
        found = self._known(asked, request)
        if not self.node.spiral or self.mains or asked.callee is None or found.callee is UNKNOWN:
            return found
        own = self.directory.groups(), self.directory.party, self.node.branch
        return replace(found, callee=as_person(found.callee, asked.callee, *own))

    def _known(self, asked: Questions, request: Request) -> Facts:
        try:
            return Facts(
                now=self.now,
                node=self.node,
                domains=self.directory.domains(),
                account=self.directory.account(*asked.account) if asked.account else None,
                callee=self.directory.party(*asked.callee) if asked.callee else None,
                caller=self.directory.party(*asked.caller) if asked.caller else None,
                registered=bool(self.bindings.get(asked.registered)) if asked.registered else UNKNOWN,
                routes=self.directory.outbound(asked.outbound) if asked.outbound else (),
                trunks=self.directory.trunks() if asked.outbound else {},
                trunks_down=frozenset(self.down) if asked.health else UNKNOWN,
                schedules=self.directory.schedules() if asked.rows else {},
                caller_lists=self.directory.caller_lists() if asked.rows else {},
                named=self._named(asked.named) if asked.named else None,
                busy=self._busy(asked) if asked.busy else "",
                dialog=self._dialog(asked.dialog) if asked.dialog else None,
                referred_by=self.referrals.get(asked.referred or "", ""),
                elsewhere=self._elsewhere(asked) if asked.elsewhere else {},
                moving=asked.moving and self.moving,
                joined_at=self._joined_at(asked) if asked.joined else "",
                ringing=self._ringing(asked.ringing) if asked.ringing else (),
                nonce_used=asked.nonce_use in self.spent,
                rings=self.directory.rings(),
                beyond=self._beyond(asked) if asked.beyond is not None else None,
                mains=self.mains,
                fresh_id=f"{next(self._ids):06x}",
            )
        except StoreDown:
            return Facts(self.now, self.node, UNKNOWN, UNKNOWN, UNKNOWN, fresh_id="0")

    def _named(self, asked: tuple[str, str, str]) -> Named | None:
        return self.directory.named(*asked) or self.heard.get(asked[:2])

    def _beyond(self, asked: Questions) -> Beyond | None:
        """What a satellite that is cut off knows of somebody who is elsewhere."""
        assert asked.callee is not None
        assert asked.beyond is not None
        callee = self.directory.party(*asked.callee)
        if callee is None or callee.aor not in self.beyond:
            return None
        user, _, domain = asked.beyond.partition("@")
        numbers = self.directory.outside_numbers(callee.domain, callee.extension)
        return Beyond(next(iter(numbers), ""), self.directory.party(domain, user))

    def _busy(self, asked: Questions) -> str:
        account = self.directory.account(*asked.account) if asked.account else None
        self.directory.reads -= 1  # it was read already
        return self.busy.get(account.party.aor, "") if account else ""

    def _dialog(self, call_id: str) -> LiveDialog | None:
        here = self.dialogs.get(call_id)
        return (here and self._with_keeps(here)) or next((one for one in self._away() if one.call_id == call_id), None)

    def _with_keeps(self, dialog: LiveDialog) -> LiveDialog:
        return replace(dialog, keeps=dialog.call_id in self.kept)

    def _away(self) -> list[LiveDialog]:
        return [dialog for person in self.elsewhere.values() for dialog in person.dialogs]

    def _elsewhere(self, asked: Questions) -> dict[str, tuple[str, ...]]:
        account = self.directory.account(*asked.account) if asked.account else None
        callee = self.directory.party(*asked.callee) if asked.callee else None
        aors = (account.party.aor if account else "", callee.aor if callee else "")
        return {aor: self.elsewhere[aor].nodes for aor in aors if aor in self.elsewhere}

    def _joined_at(self, asked: Questions) -> str:
        account = self.directory.account(*asked.account) if asked.account else None
        self.directory.reads -= 1  # it was read already
        known = self.elsewhere.get(account.party.aor) if account else None
        return known.talks_at(asked.joined or "") if known else ""

    def _ringing(self, domain: str) -> tuple[LiveDialog, ...]:
        kept = (*map(self._with_keeps, self.dialogs.values()), *self._away())
        return tuple(one for one in kept if one.domain == domain and one.state is DialogState.RINGING)

    def slots(self, claim: Claim) -> Slots | Unknown:
        """The trip of a call that has a limit."""
        try:
            return self.counts.claim(claim)
        except StoreDown:
            return UNKNOWN

    def _effect(self, effect: object, dialog: str = "", tag: str = "") -> None:
        match effect:
            case AskName(domain, number) if number in self.sources:
                self.heard[domain, number] = Named(self.sources[number], "source crm")
            case NoteBusy(caller, called):
                self.busy[caller] = called
            case KeepDialog(kept):
                self.dialogs[kept.call_id] = kept
            case DialogRings() if dialog in self.dialogs:
                self.dialogs[dialog] = self.dialogs[dialog].rings(tag, self.now)
            case DialogUp() if dialog in self.dialogs:
                self.dialogs[dialog] = self.dialogs[dialog].is_answered(tag, self.now)
            case DialogEnds():
                self.dialogs.pop(dialog, None)
            case ReleaseSlots(leg, names) if not self.counts.down:
                self.counts.release(leg, names)
            case CountGuess(guess):
                self.bans.guessed(guess)
            case SpendNonce(use):
                self.spent.add(use)
            case NoteTold(leg, text):
                self.told[leg] = text
            case MarkLeg(leg, code):
                self.marks[leg] = code
            case PutHandOver(leg, code, reason, headers) if not self.handovers.down:
                self.handovers.put(leg, HandOver(code, reason, headers))

    def _inbound(self, leg: Leg, decision: Decision) -> None:
        match decision.outcome:
            case Relay() as relay:
                leg.inbound_memo = decision.memo or leg.inbound_memo
                leg.headers = leg.headers or _headers(decision)  # what a further branch inherits
                if str(relay.gateway) in self.dead:
                    self._inbound_failed(leg, FailureFacts(408, timed_out=True))
                    return
                self._is_at(leg, str(relay.gateway))
                if PrivateHeader.SERVICE in leg.headers:
                    self._serve(leg, leg.headers[PrivateHeader.SERVICE])
                elif not self.node.spiral and (PrivateHeader.PICKUP in leg.headers or "Replaces" in leg.headers):
                    self._join(leg)
                else:
                    self._asterisk(leg, leg.headers, _headers(decision).get(PrivateHeader.FORWARD, ""))
            case ForkLate() as fork:
                self._fork_late(leg, fork)
            case Reply(code, reason, headers) | Challenge(code, reason, headers):
                leg.final = Final(code, reason, headers)

    def _fork_late(self, leg: Leg, asked: ForkLate) -> None:
        """The phone's own call ends, and it rings for the other one, which goes on at all phones."""
        call_id = asked.fork.dialog.call_id
        answer = asked.late if call_id in self.claimed else asked.said
        leg.final = Final(answer.code, answer.reason, answer.headers)
        theirs = next((one for one in self.legs if one.dialog == call_id and one.ringing), None)
        if theirs is None or answer is asked.late:
            return
        assert theirs.shown is not None
        self.claimed.add(call_id)
        theirs.late[leg.caller] = asked.fork
        theirs.ringing[leg.caller] = replace(theirs.shown, headers=(*theirs.shown.headers, *asked.headers))
        self._says(theirs, leg.caller, 180)

    def _is_at(self, leg: Leg, gateway: str) -> None:
        """What the calls daemon writes down on a node with several gateways."""
        leg.gateway = gateway
        if len(self.node.gateways) > 1:
            for aor in (leg.caller.aor, leg.headers[PrivateHeader.CALLED]):
                if aor:
                    self.at[aor], self.counts.gateways[aor] = leg, gateway

    def _asterisk(self, leg: Leg, headers: dict[str, str], token: str = "") -> None:
        """Asterisk calls back through us, with the private headers that it was given; again when it was asked to."""
        user, _, host = headers[PrivateHeader.CALLED].partition("@")
        name = display_name(headers["P-Asserted-Identity"].rpartition("<")[0])
        target = SipUri(user, host)
        private = {key: value for key, value in headers.items() if key.startswith(PREFIX)}
        progress = progress_in(self.node.secrets, private[PrivateHeader.LEG], token) if token else None
        if token:
            private[PrivateHeader.FORWARD] = token
        request = Request(
            *("INVITE", target, SipUri("asterisk", "127.0.0.1"), target, f"call-{next(self._ids)}"),
            source=Source.GATEWAY, from_tag="g", from_name=name, private=private, progress=progress,
            supported=frozenset({"replaces"} if leg.caller.replaces else ()),
        )  # fmt: skip
        self._outbound(leg, self.route(request))

    def _join(self, leg: Leg) -> None:
        """Asterisk gives the call of a dialog to who asks, by its dial plan or by Replaces."""
        code, _, call_id = leg.headers.get(PrivateHeader.PICKUP, "").partition(" ")
        named = call_id or leg.headers["Replaces"].partition(";")[0]
        legs = [part for one in self.legs for part in (one, *(one.group.legs if one.group else ()))]
        rings = next((one for one in legs if one.dialog == named and not one.over and not one.final), None)
        theirs = rings.part_of.call if rings and rings.part_of else rings
        if theirs is None or (call_id and theirs.answered_by):
            self._back(leg, Final(int(code or 481)))
            return
        leg.picked, leg.answered_by = theirs, theirs.caller
        theirs.ringing, theirs.answered_by = {}, leg.caller
        for part in (theirs, *(theirs.group.legs if theirs.group else ())):
            self.dialogs.pop(part.dialog, None)
        if leg.inbound_memo:
            self.counts.end(leg.inbound_memo.leg_id)
        self._counted(theirs)

    def _given(self, leg: Leg, decision: Decision) -> None:
        """The phone that has the dialog takes the new call in its place, unless it knows no Replaces."""
        leg.outbound_memo = decision.memo
        named = _headers(decision)["Replaces"].partition(";")[0]
        theirs = next((one for one in self.legs if one.dialog == named and not one.over and not one.final), None)
        if theirs is None or not theirs.caller.replaces:
            self._outbound_failed(leg, FailureFacts(420 if theirs else 481))
            return
        leg.picked, leg.answered_by = theirs, theirs.caller
        theirs.ringing, theirs.answered_by = {}, leg.caller
        self.dialogs.pop(theirs.dialog)
        assert theirs.inbound_memo is not None
        self.counts.end(theirs.inbound_memo.leg_id)
        self._counted(leg)

    def _outbound(self, leg: Leg, decision: Decision) -> None:
        match decision.outcome:
            case Ring() if "Replaces" in _headers(decision):
                self._given(leg, decision)
            case Ring(aor, ring_s):
                leg.outbound_memo = decision.memo
                leg.dialog = next(
                    effect.dialog.call_id for effect in decision.effects if isinstance(effect, KeepDialog)
                )
                leg.refusals = []
                leg.shown = _shown(decision)
                leg.ring = next((effect.ring for effect in decision.effects if isinstance(effect, RingAs)), None)
                bound = self.bindings[aor]
                leg.later = [[each for each in bound if each.q == q] for q in sorted({each.q for each in bound})]
                assert StripPrivate() in decision.effects
                self._ring(leg, step_s(ring_s, len(leg.later) - 1))
            case RingNext(_, ring_s):
                self._ring(leg, ring_s)
            case Relay():
                leg.outbound_memo = decision.memo
                self._serve(leg, _headers(decision)[PrivateHeader.SERVICE])
            case Trunk(name, uri):
                leg.outbound_memo = decision.memo or leg.outbound_memo
                self._leaves(leg, decision, name, uri)
            case Reply(code, reason):
                self._back(leg, Final(code, reason))

    def _serve(self, leg: Leg, service: str) -> None:
        """Something of ours answers, unless that is out of order."""
        if "services" not in self.dead:
            leg.service = service
            leg.been.add(service)
            self._serves(leg, *service.partition(":")[::2])
        elif leg.outbound_memo is not None:
            self._outbound_failed(leg, FailureFacts(503))
        else:
            self._back(leg, Final(503))

    def _serves(self, leg: Leg, name: str, argument: str) -> None:
        """What the script of a service does, as far as people notice."""
        domain = leg.headers[PrivateHeader.CALLED].partition("@")[2]
        if name == access.SERVICE:
            self._lets_in(leg, domain, argument)
            return
        if name != "group":
            leg.answered_by = SERVICE
            return
        leg.group = RingGroup(
            *(self.directory.groups()[domain, argument], leg, domain, self._asterisk),
            fails=lambda code, reason, why: self._service_fails(leg, code, reason, why),
            goes_on=lambda target: self._goes_on(leg, target, domain),
        )  # fmt: skip
        leg.group.next_round()

    def _lets_in(self, leg: Leg, domain: str, number: str) -> None:
        """The access number: who that telephone belongs to may type."""
        party = access.person(domain, number, self.directory)
        if party is None:
            self._service_fails(leg, *access.REFUSED, "")
            return
        leg.answered_by = SERVICE
        pin = self.pins.get(party.extension, "")
        more = self._asterisk, self.slots, lambda: self.end(leg)
        leg.access = Access(leg, party, self.directory, pin, *more)

    def _service_fails(self, leg: Leg, code: int, reason: str, why: str) -> None:
        """The script says why, and Asterisk gives the code back."""
        assert leg.inbound_memo is not None
        leg.group = None
        if not self.handovers.down:
            headers = (("Warning", f'399 carillon "{why}"'),) if why else ()
            self.handovers.put(leg.inbound_memo.leg_id, HandOver(code, reason, headers))
        if leg.outbound_memo is not None:
            self._outbound_failed(leg, FailureFacts(code, reason))
        else:
            self._back(leg, Final(code, reason))

    def _goes_on(self, leg: Leg, target: str, domain: str) -> None:
        """A service sends its call to a target."""
        leg.group = None
        name, colon, argument = target.partition(":")
        if target in leg.been:
            self._service_fails(leg, 482, "Loop Detected", f"{target} sends the call back to itself")
        elif colon:
            leg.been.add(target)
            leg.service = target
            self._serves(leg, name, argument)
        else:
            kept = {key: value for key, value in leg.headers.items() if key != PrivateHeader.SERVICE}
            self._asterisk(leg, {**kept, PrivateHeader.CALLED: f"{target}@{domain}"})

    def _ring(self, leg: Leg, ring_s: float) -> None:
        """The phones of the highest q that have not rung yet."""
        bound, shown = leg.later.pop(), leg.shown
        assert shown is not None
        phones = [phone for phone in bound if not phone.dead]
        leg.silent, leg.ring_s = len(phones) < len(bound), ring_s
        leg.ringing = {phone: _told(shown, leg.ring, phone) for phone in phones}
        for phone in phones:
            self._says(leg, phone, 180)
        if not phones:
            self.beyond |= self.cut_unnoticed  # by then it is noticed
            self._outbound_failed(leg, FailureFacts(408, timed_out=True))

    def _leaves(self, leg: Leg, decision: Decision, name: str, uri: str) -> None:
        """A provider rings like a phone; a silent one is followed by what the failure route says."""
        leg.shown = _shown(decision) if decision.effects else leg.shown
        provider = self.providers[name]
        leg.sent.append(uri)
        if provider.dead:
            self._outbound_failed(leg, FailureFacts(408, timed_out=True))
        else:
            assert leg.shown is not None
            leg.ringing = {provider: leg.shown}

    def comes_by_trunk(
        self,
        provider: SimulatedPhone,
        number: str,
        caller: SipUri,
        *,
        withheld: bool = False,
        headers: tuple[Header, ...] = (),
    ) -> Leg:
        """An INVITE from a provider."""
        trunk = self.directory.trunks()[provider.domain, provider.username]
        target = SipUri(number, "10.77.0.1")
        request = Request(
            *("INVITE", target, caller, target, f"call-{next(self._ids)}"),
            source=Source.TRUNK, trunk=trunk, from_tag="p", withheld=withheld,
            from_name=display_name(_all("P-Asserted-Identity", headers).rpartition("<")[0]),
            diversions=diversions(_all("Diversion", headers), _all("History-Info", headers)),
        )  # fmt: skip
        leg = Leg(provider)
        self.legs.append(leg)
        self._inbound(leg, self.route(request))
        return leg

    def _outbound_failed(self, leg: Leg, failure: FailureFacts) -> None:
        assert leg.outbound_memo is not None
        failure = replace(failure, phones_later=len(leg.later), now=self.now)
        decision = failures.decide(leg.outbound_memo, failure)
        self._note("outbound failure", decision)
        for effect in decision.effects:
            self._effect(effect, leg.dialog)
        if isinstance(decision.outcome, Trunk | RingNext):
            self._outbound(leg, decision)
            return
        if isinstance(decision.outcome, Resume):
            self._dials_again(leg, decision.outcome.token)
            return
        final = Final(failure.code, failure.reason)
        if isinstance(decision.outcome, Reply):
            final = Final(decision.outcome.code, decision.outcome.reason)
        self._back(leg, final)

    def _dials_again(self, leg: Leg, token: str) -> None:
        """Asterisk does; without one our own inbound leg hears the same word."""
        if self.node.spiral:
            said = FailureFacts(480, f"{WORD} {token}", spiral=self.node.spiral)
            self._inbound_failed(leg, said)
        else:
            self._asterisk(leg, leg.headers, token)

    def _counted(self, leg: Leg) -> None:
        """What the calls daemon writes of a call that is up: under what its people and its trunk are counted."""
        assert leg.inbound_memo is not None
        aors = {phone.aor for phone in (leg.caller, leg.answered_by) if phone and phone.aor}
        aors |= {leg.access.party.aor} if leg.access else set()
        found = [self.directory.party(aor.partition("@")[2], aor.partition("@")[0]) for aor in sorted(aors)]
        limits = [limit for party in found if party for limit in (Limit(Scope.USER, party.aor), *party.limits)]
        trunks = [phone.username for phone in (leg.caller, leg.answered_by) if phone and not phone.aor]
        domain = leg.inbound_memo.called.rpartition("@")[2]
        lines = [Limit(Scope.TRUNK, f"{name}@{domain}") for name in trunks]
        self.counts.hold(leg.inbound_memo.leg_id, (*limits, *lines))

    def _back(self, leg: Leg, final: Final) -> None:
        """Asterisk gives the code on, and no header."""
        if leg.access is not None:
            leg.access.failed()
            return
        if leg.part_of is not None:
            leg.part_of.failed(leg, final)
            return
        assert leg.inbound_memo is not None
        memo = leg.inbound_memo
        try:
            handover = self.handovers.get(memo.leg_id) if replies.needs_handover(memo, final.code) else None
        except StoreDown:
            handover = UNKNOWN
        said = replies.decide(memo, ReplyFacts(final.code, "", handover))
        self._note("inbound reply", said)
        leg.final = _rewritten(Final(final.code), said)
        failure = FailureFacts(final.code, cancelled=leg.over, far_end_code=self.marks.get(memo.leg_id))
        self._inbound_failed(leg, failure)

    def _inbound_failed(self, leg: Leg, failure: FailureFacts) -> None:
        assert leg.inbound_memo is not None
        decision = failures.decide(leg.inbound_memo, failure)
        self._note("inbound failure", decision)
        for effect in decision.effects:
            self._effect(effect)
        leg.inbound_memo = decision.memo or leg.inbound_memo
        self._inbound(leg, decision)

    def _note(self, what: str, decision: Decision) -> None:
        self._story.append(f"{what} → {decision.outcome}")
        self._story += [f"    {row.rule:18} {row.verdict:14} {row.fact}" for row in decision.trace]


def _all(name: str, headers: tuple[Header, ...]) -> str:
    return ",".join(value for key, value in headers if key == name)


def _shown(decision: Decision) -> Shown:
    shown = next(effect for effect in decision.effects if isinstance(effect, SetFrom))
    number = shown.uri.removeprefix("sip:").partition("@")[0]
    return Shown(shown.name, number, tuple(h for h in _headers(decision).items() if not h[0].startswith(PREFIX)))


def _told(shown: Shown, ring: RingProfile | None, phone: SimulatedPhone) -> Shown:
    """What the phone is told besides, in the words of its maker."""
    if ring is None:
        return shown
    return replace(shown, headers=(*shown.headers, ("Alert-Info", told(ring, phone.dialect))))


def _headers(decision: Decision) -> dict[str, str]:
    return {effect.name: effect.value for effect in decision.effects if isinstance(effect, AddHeader)}


def _rewritten(final: Final, decision: Decision) -> Final:
    code, reason, headers = final.code, final.reason, final.headers
    for effect in decision.effects:
        match effect:
            case RewriteReply(new, text):
                code, reason = new, text
            case AddHeader(name, value):
                headers = (*headers, (name, value))
    return Final(code, reason, headers)
