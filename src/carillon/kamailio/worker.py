"""What one Kamailio worker does with each message: gather, ask, fetch, decide, perform."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeVar

from carillon.kamailio import dialogs, fetch, gather, ksr, lateforks, latering, media, rings
from carillon.kamailio.bans import Bans, Exempt, Standing
from carillon.kamailio.guard import guarded, nothing, server_error
from carillon.kamailio.listening import limit_unacknowledged
from carillon.kamailio.means import MEMO, Means, NobodyThere
from carillon.kamailio.nameasker import NameAsker
from carillon.kamailio.ownrpc import OwnRpc
from carillon.kamailio.perform import perform
from carillon.kamailio.plain import Plain
from carillon.kamailio.routes import LINE
from carillon.kamailio.sending import kept_by
from carillon.kamailio.settings import Settings
from carillon.kamailio.siblings import Siblings
from carillon.kamailio.tracer import Tracer
from carillon.routing import failures, indialog, replies, sibling, unanswered
from carillon.routing import media as medium
from carillon.routing import message as message_rules
from carillon.routing.admission import guess_of
from carillon.routing.bans import SETTINGS as BAN_SETTINGS
from carillon.routing.bans import Ban
from carillon.routing.course import course
from carillon.routing.decision import Claim, Decision, Drop, Submit, TraceRow
from carillon.routing.entrance import IN_DIALOG, OUTBOUND, TAKE_OVER, Route, dialog_route_of, new_route_of
from carillon.routing.facts import UNKNOWN, AwayFacts, Facts, ReplyFacts, Slots, Unknown
from carillon.routing.groupalone import as_person
from carillon.routing.memo import Leg, Memo
from carillon.routing.pickup import is_hidden
from carillon.routing.questions import Questions
from carillon.routing.request import Request
from carillon.routing.taken import COMPLETED_ELSEWHERE
from carillon.sip.private import FAR_END
from carillon.stores.callcounts import RedisCallCounts
from carillon.stores.directory import DirectoryReader
from carillon.stores.endings import RedisEndings
from carillon.stores.handover import RedisHandOvers
from carillon.stores.leaving import RedisLeaving
from carillon.stores.noderedis import NodeRedis
from carillon.stores.ports import HandOver, Place, StoreDown, TrunkProfile
from carillon.stores.registrationjournal import RegistrationJournal
from carillon.stores.secretring import SecretsReader
from carillon.stores.talking import talks_at
from carillon.stores.tracewire import FIELD
from carillon.stores.trunklogins import LoginReader

Known = TypeVar("Known")

BANNED: Final = Decision(Drop(), trace=(TraceRow("account_banned", "banned", "too many wrong passwords from there"),))

MAIN_PROCESS: Final = 0
"""The engine's rank of the process that all others come from."""


_CONTACT: Final = ksr.Several(*ksr.CONTACT)

_REPLY: Final = ksr.Several(
    MEMO, "$rr", *ksr.CONTACT, "$hdr(Session-Expires)", "$hdr(Min-SE)", *("$hdr(Privacy)", "$hdr(Warning)")
)


class Worker:
    """The callbacks of one process. No state of any call is kept here: the next callback may run elsewhere."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._secrets = SecretsReader(settings.secrets)
        self.node = replace(settings.node, secrets=self._secrets.now())
        self.logins = LoginReader(settings.trunk_logins)
        self.directory = DirectoryReader(settings.directory)
        node = NodeRedis(settings.redis_socket, ksr.shared_text, ksr.set_shared_text)
        self.handovers, self.calls = RedisHandOvers(node), RedisCallCounts(node)
        self._own = _own(settings)
        self.siblings = Siblings.of(settings.node, settings.cluster_socket)
        away = self.siblings.addresses if self.siblings else frozenset()
        away |= {self.node.spiral.address} if self.node.spiral else set()
        self._away, self._flow = away, self.siblings.flow if self.siblings else None
        self._is_beyond = self.siblings.is_beyond if self.siblings and self.node.branch else None
        told = settings.registrations_changed
        self._talks_here = partial(talks_at, told.parent) if told else None
        self._gateways = frozenset(gateway.address for gateway in settings.node.gateways) | away
        self._bans_told = NameAsker(settings.bans_told) if settings.bans_told else None
        spread = self._spread if self._bans_told else None
        self.bans = Bans(ksr, _exempt(settings), BAN_SETTINGS, time.time, partial(ksr.log, "notice"), spread)
        sockets = settings.gateway_sockets, settings.outside_sockets
        journal = RegistrationJournal(settings.registration_journal)
        self.leaving = RedisLeaving(node)
        names, stores = NameAsker(settings.names_asked), (self.handovers, self.calls, self.leaving)
        places = settings.advertised, settings.recordings
        changed = NameAsker(settings.registrations_changed) if settings.registrations_changed else None
        others = self.siblings, changed
        login, relay = self._trunk_login, settings.relay
        own = (OwnRpc(settings.rpc), RedisEndings(node)) if settings.rpc else (None, None)
        self.means = Means(
            *stores, self.bans, *sockets, login, journal, names, *places, relay, *others, self.node.spiral, *own
        )
        self.tracer = Tracer(settings.trace_socket)
        self._journal, self._changed = journal, changed
        self.plain = self._short_path()

    def child_init(self, rank: int) -> int:
        """Open handles in the worker itself: the script was loaded in the parent."""
        self.directory.connect()
        if rank == MAIN_PROCESS:
            limit_unacknowledged()
        return 0

    def _renew(self) -> None:
        """The system's secret may be another one since the last message."""
        secrets = self._secrets.now()
        if secrets is not self.node.secrets:
            self.node = replace(self.node, secrets=secrets)
            self.plain = self._short_path()

    def _short_path(self) -> Plain:
        settings = replace(self.settings, node=self.node)
        return Plain(settings, self.directory, self._journal, self.tracer, self.siblings, self._changed)

    @guarded(server_error)
    def ksr_request_route(self, message: Any) -> int:
        """Every request comes in here."""
        self._renew()
        standing = self.bans.standing(ksr.source_address())
        if standing is Standing.BANNED or not ksr.is_sane():
            return 1
        ksr.trust_source_port()
        plain = self.plain if standing is Standing.FREE else None
        return self._shortly(plain.request) if plain else self._by_rules(standing)

    @guarded(server_error)
    def ksr_known_request(self, message: Any, told: str) -> int:
        """The same where the engine has looked at its sender: METHOD ADDRESS:PORT SOURCE, see `Plain.known_request`."""
        self._renew()
        method, place, source = told.split(" ")
        return self._shortly(lambda: self.plain.known_request(method, place, source))

    @guarded(nothing)
    def ksr_row(self, message: Any, lines: str) -> int:
        """A row of the trace, for what the engine has done by itself as the rules say: a line each field."""
        self.tracer.row(lines.replace(LINE, FIELD))
        return 1

    def _shortly(self, done: Callable[[], bool]) -> int:
        """By the short path, else by the rules."""
        try:
            return 1 if done() else self._by_rules(Standing.FREE)
        except (NobodyThere, media.RelayDown) as failed:
            self._rang_nobody(failed)
            return 1

    def _by_rules(self, standing: Standing) -> int:
        try:
            request = gather.envelope(self.node, self._trunk_at)
        except gather.Unreadable as unreadable:
            ksr.reply(unreadable.code, unreadable.reason)
            return 1
        route = dialog_route_of(request, self.node) if indialog.belongs(request, self.node) else None
        if standing is Standing.WATCHED or route is not IN_DIALOG:
            request = gather.whole(request, self.node)
        if standing is Standing.WATCHED and self._is_banned(request):
            self.tracer.request("ban", request, BANNED)
        elif not self._absorbed(request):
            self._route(route or new_route_of(request), request)
        return 1

    @guarded(nothing)
    def ksr_reply_route(self, message: Any) -> int:
        """Every reply comes in here first."""
        if not latering.is_of_before() and latering.stopped():
            ksr.drop()
        else:
            ksr.stray_reply(self._gateways, self.settings.outside_sockets.towards)
        return 1

    @guarded(nothing)
    def ksr_late_ring(self, message: Any) -> int:
        """A target rings, or is about to, that a call has gone on without."""
        latering.stopped()
        return 1

    @guarded(nothing)
    def ksr_leg_reply(self, message: Any) -> int:
        """Every reply to a request that was relayed by a leg."""
        code = ksr.number("$rs")
        if code == 100:
            return 1  # ends here (RFC 3261 §16.7): nobody will see it
        if self.plain.reply():
            return 1
        self._renew()
        noted, reason, contact, address, port, interval, minimum, privacy, warnings = _REPLY.texts()
        memo = Memo.parse(noted)
        handover = self._handover(memo) if replies.needs_handover(memo, code) else None
        anchor = media.reply_anchor(memo, self.node.secrets) if code != 180 else None
        described = anchor is not None and bool(ksr.header("Content-Type"))
        party = memo.party if 200 <= code < 300 else ""
        timer = gather.reply_timer(code, interval, minimum)
        told = gather.reply_told(memo, code, privacy, warnings)
        late = lateforks.of_reply() if self.node.spiral and memo.leg is Leg.OUTBOUND else None
        far_end = self._far_end(memo, code, address) if self.siblings and code >= 500 else (None, False)
        known = ReplyFacts(
            *(code, reason, handover, far_end[0], anchor, described, party, is_hidden(memo), *timer, *told),
            *(memo.recording, far_end[1], late),
        )
        decision = replies.decide(memo, known)
        perform(decision, self.means)
        if code < 300 and contact and address not in self._away:
            ksr.alias_contact(contact, address, port)
        self.tracer.reply(memo, code, decision, address)
        return 1

    @guarded(server_error)
    def ksr_leg_failure(self, message: Any) -> int:
        """All branches of a leg have failed. No reads: this may run in the engine's timer process."""
        memo = Memo.parse(ksr.text(MEMO))
        failure = gather.failure(fetch.far_end_code(memo.leg_id), self.node)
        decision = failures.decide(memo, failure)
        try:
            perform(decision, self.means, in_failure_route=True)
        except NobodyThere:
            decision = failures.decide_without(memo, failure)
            perform(decision, self.means, in_failure_route=True)
        self.tracer.failure(memo, decision)
        return 1

    @guarded(nothing)
    def ksr_leg_branch(self, message: Any) -> int:
        """A request just before it leaves for one of several phones that are not all told the same."""
        self._renew()
        noted = ksr.text(MEMO)
        memo = Memo.parse(noted) if noted else None
        late = lateforks.in_branch() if self.node.spiral else None
        if late is False:
            ksr.drop_branch()
            return 1
        if self.siblings and (away := self.siblings.away()) and not self._reaches_home(*away, memo):
            return 1
        if memo is None:
            return 1
        branch = media.branch(recorded=bool(memo.recording))
        decision = medium.decide_branch(memo, branch, self.node)
        try:
            perform(decision, self.means)
        except media.RelayDown:
            decision = medium.decide_branch(memo, replace(branch, relay=False), self.node)
            perform(decision, self.means)
        if isinstance(decision.outcome, Drop):
            media.branch_left_out()
        elif late is None and (told := rings.tell_branch()):
            decision = replace(decision, trace=(*decision.trace, TraceRow("rung_as", "told", told)))
        self.tracer.branch(memo, decision)
        return 1

    def _reaches_home(self, aor: str, away: AwayFacts, memo: Memo | None) -> bool:
        """Whether a phone that has its home at a sibling is sent to."""
        decision = sibling.decide_branch(aor, memo, away)
        perform(decision, self.means)
        if memo:
            self.tracer.branch(memo, decision)
        if isinstance(decision.outcome, Drop):
            ksr.drop_branch()
            return False
        return True

    @guarded(nothing)
    def ksr_home_reply(self, message: Any) -> int:
        """A reply of a phone that has its home here, to a request of a sibling."""
        code, contact, address, port = ksr.number("$rs"), *_CONTACT.texts()
        if code == 503:
            ksr.rewrite_reply(500, ksr.text("$rr"))  # or the engine would make one of its own, without its headers
        if code < 300 and contact:
            ksr.alias_contact(contact, address, port)
        return 1

    @guarded(server_error)
    def ksr_home_failure(self, message: Any) -> int:
        """A phone that has its home here was silent: its sibling may try another flow of it, at once."""
        if not ksr.is_cancelled() and ksr.branch_timed_out() and not ksr.text("$T_rpl($rs)"):
            ksr.reply_in_transaction(sibling.FLOW_FAILED, "Flow Failed")
        return 1

    @guarded(nothing)
    def ksr_dialog_reply(self, message: Any) -> int:
        """A reply inside a dialog whose sound the media relay carries."""
        reply = ReplyFacts(ksr.number("$rs"), described=bool(ksr.header("Content-Type")))
        perform(medium.decide_reply(media.expected(), reply), self.means)
        return 1

    @guarded(server_error)
    def ksr_message_failure(self, message: Any) -> int:
        """No device took a message. No reads: this may run in the engine's timer process."""
        aor, keeper = kept_by()
        if keeper and message_rules.is_kept_after(ksr.status_code(), keeper):
            perform(Decision(Submit(aor, keeper)), self.means, in_failure_route=True)
        return 1

    @guarded(server_error)
    def ksr_unanswered(self, message: Any) -> int:
        """The presence server refused, or is silent. No reads, as in `ksr_leg_failure`."""
        perform(unanswered.decide(timed_out=ksr.branch_timed_out()), self.means, in_failure_route=True)
        return 1

    @guarded(nothing)
    def ksr_flow_failure(self, message: Any) -> int:
        """One branch has failed, and its device may have other flows. No reads, as in `ksr_leg_failure`."""
        if failures.flow_failed(*ksr.failed_branch()):
            ksr.next_flow(self.siblings.watch_next if self.siblings else None)
        return 1

    def _is_banned(self, request: Request) -> bool:
        """Whether the account that a request names is banned from where it comes from."""
        credentials = request.credentials
        return credentials is not None and self.bans.is_banned(guess_of(request.source_address, credentials))

    def _spread(self, ban: Ban) -> None:
        assert self._bans_told is not None
        self._bans_told.say(f"{ban.kind} {ban.seconds} {ban.key}")

    def _absorbed(self, request: Request) -> bool:
        """Whether the request belongs to a transaction, and the engine has done what it asks."""
        match ksr.transaction():
            case ksr.Transaction.ABSORBED:
                return True
            case ksr.Transaction.MATCHES if request.method == "CANCEL":
                if self.node.spiral and dialogs.is_taken(request.call_id):
                    ksr.say_why(COMPLETED_ELSEWHERE)
                ksr.relay()
                return True
            case _:
                return False

    def _rang_nobody(self, failed: NobodyThere | media.RelayDown) -> None:
        """The short path has done what the rules say, and no phone rang: they say how it goes on."""
        ksr.restore_uri()
        self._route(OUTBOUND, gather.whole(gather.envelope(self.node, self._trunk_at), self.node), failed)

    def _route(self, route: Route, request: Request, failed: Exception | None = None) -> None:
        """`failed` is what went wrong where the decision has been carried out already."""
        done = course(route, request, self.node, self._facts, self._slots)
        try:
            if failed is not None:
                raise failed
            perform(done.decision, self.means)
        except NobodyThere:
            assert route in (OUTBOUND, TAKE_OVER)
            gone = replace(done.facts, registered=False)
            done = course(route, done.request, self.node, self._facts, self._slots, gone)
            perform(done.decision, self.means)
        except media.RelayDown as down:
            before, facts = done.decision, replace(done.facts, relay=False)
            done = course(route, done.request, self.node, self._facts, self._slots, facts)
            left = tuple(
                effect for effect in done.decision.effects if effect in down.undone or effect not in before.effects
            )
            perform(replace(done.decision, effects=left), self.means)
        if not self._is_watchdogs(request):
            self.tracer.request(route.name, request, done.decision)

    def _is_watchdogs(self, request: Request) -> bool:
        """Whether this is our own question if we are alive, which nobody wants to find in a trace each second."""
        return request.method == "OPTIONS" and request.source_address in self._own

    def _trunk_at(self, address: str, port: int) -> TrunkProfile | None:
        return fetch.trunk_at(address, port, self.directory)

    def _facts(self, questions: Questions, request: Request) -> Facts:
        found = fetch.facts(
            questions, request, self.node, self.directory, self._flow, self._is_beyond, self._talks_here
        )
        if self.node.spiral and self.siblings:
            found = self._by_ourselves(replace(found, mains=self.siblings.mains()), questions)
        elif self.siblings and questions.outbound:
            found = replace(found, satellites=self.siblings.satellites())
        return replace(found, left_by=self._left_by(questions.left_by)) if questions.left_by else found

    def _by_ourselves(self, found: Facts, asked: Questions) -> Facts:
        """Without Asterisk, and without a main: of a group the members that are here ring."""
        if found.mains or asked.callee is None or found.callee is UNKNOWN:
            return found
        try:
            own = self.directory.groups(), self.directory.party, self.node.branch
            return replace(found, callee=as_person(found.callee, asked.callee, *own))
        except StoreDown:
            return found

    def _left_by(self, call_id: str) -> tuple[Place, ...] | Unknown:
        return self._found("leaving", lambda: self.leaving.get(call_id), "; a phone of a provider may ring on")

    def _slots(self, claim: Claim) -> Slots | Unknown:
        """The one trip of a main route, for a call that has a limit."""
        return self._found("call counts", lambda: self.calls.claim(claim), "; nobody is refused")

    def _trunk_login(self, domain: str, trunk: str) -> tuple[str, str] | None:
        """Read when a trunk asks, so that a new password is in force at once."""
        return self.logins.logins().get((domain, trunk))

    def _far_end(self, memo: Memo, code: int, address: str) -> tuple[int | None, bool]:
        """What the far end said of a call between nodes, and whether the reply goes to a sibling."""
        if memo.leg is not Leg.INBOUND:
            return None, False
        if ksr.number("$T_req($Rp)") == self.node.cluster_port:
            return fetch.far_end_code(memo.leg_id), True
        said = ksr.header(FAR_END) if address in self._away else ""
        return (code if said else None), False

    def _handover(self, memo: Memo) -> HandOver | Unknown | None:
        return self._found("hand-over", lambda: self.handovers.get(memo.leg_id))

    def _found(self, store: str, read: Callable[[], Known], without: str = "") -> Known | Unknown:
        """What a store says; while it is down the log says so, and what happens `without`, and the trace does."""
        try:
            return read()
        except StoreDown as down:
            ksr.log("warn", f"{store}: {down}{without}")
            self.tracer.store_down(store)
            return UNKNOWN


def _own(settings: Settings) -> frozenset[str]:
    """The addresses of this node, Asterisk's included."""
    return settings.node.hosts | {gateway.address for gateway in settings.node.every_gateway}


def _exempt(settings: Settings) -> Exempt:
    siblings = frozenset(address for sibling in settings.node.siblings for address in sibling.addresses)
    own = _own(settings) | siblings
    return Exempt(own, settings.trusted, lambda address: ksr.shared_text(fetch.TRUNKS, address) is not None)
