"""One call through both legs: the decisions that the engines would be given, rule by rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from carillon.explain.served import served
from carillon.model.presence import DND
from carillon.routing import failures
from carillon.routing.course import Course, course
from carillon.routing.decision import AddHeader, Claim, Decision, Pass, Relay, Reply, Resume, Ring, Trunk
from carillon.routing.dialogs import LiveDialog
from carillon.routing.entrance import OUTBOUND, PICK_UP, route_of
from carillon.routing.facts import UNKNOWN, Facts, FailureFacts, Gateway, NodeProfile, Slots, Unknown
from carillon.routing.lineowner import satellites_up
from carillon.routing.memo import Memo
from carillon.routing.progress import progress_in
from carillon.routing.questions import Questions
from carillon.routing.request import Request, Source
from carillon.sip.digest import OFFERS, Algorithm, Credentials, make_nonce, proved
from carillon.sip.private import PREFIX, PrivateHeader
from carillon.sip.uri import SipUri, display_name
from carillon.stores.callcounts import would_claim
from carillon.stores.ports import Account, Directory, Limit, Named, Party, Scope, StateRow, Target, TrunkProfile

FRESH = "0123456789abcdef01234567"

LATER = {
    "busy": FailureFacts(486, "Busy Here"),
    "no-answer": FailureFacts(408, timed_out=True, rang=True),
    "offline": FailureFacts(480, "Temporarily Unavailable"),
    "unreachable": FailureFacts(408, timed_out=True),
    "declined": FailureFacts(603, "Decline"),
}
"""How a ringing call may fail, by the names of the forwarding causes."""


BY_TRUNK = {
    "busy": LATER["busy"],
    "no-answer": LATER["no-answer"],
    "unreachable": FailureFacts(408, timed_out=True),
}
"""How a call by a trunk may fail."""


CallsUp = Callable[[Sequence[Limit]], Mapping[Limit, int] | Unknown]


def nobody_knows(limits: Sequence[Limit]) -> Unknown:
    """The counts of a system that is stopped."""
    return UNKNOWN


@dataclass(frozen=True, slots=True)
class Situation:
    """Who calls whom, when (Unix seconds), and who has a phone registered, by address of record.

    The caller is a device of ours, or somebody outside whose call comes by a trunk. `trunks_down` are those of the
    caller's domain. `state` is as if that were said of
    the called person (`dnd` too); with `busy` his phone says that he is in a call. `caller_number` and
    `caller_name` are what a trunk says, "" where it says nothing. `heard` is what sources outside said of a number,
    `said` what calls and phones say of a person. `calls_up` counts the calls of those who have a limit; the called
    person has `callee_calls`, if given. `calls_at` says at which nodes people have calls (`routing.elsewhere`).
    `nodes_up` are the other nodes that are heard.
    """

    caller: Account | TrunkProfile
    dialled: str
    now: float
    registered: Callable[[str], bool]
    trunks_down: frozenset[str] | Unknown = UNKNOWN
    state: str = ""
    busy: bool = False
    caller_number: str = ""
    caller_name: str = ""
    ringing: tuple[LiveDialog, ...] = ()
    heard: Callable[[str, str], Named | None] = lambda domain, number: None
    said: Callable[[str], tuple[StateRow, ...]] = lambda aor: ()
    calls_up: CallsUp = nobody_knows
    callee_calls: int | None = None
    found_busy: str = ""
    targets: Mapping[str, tuple[Target, ...]] = field(default_factory=dict)
    calls_at: Callable[[Sequence[str]], Mapping[str, tuple[str, ...]]] = lambda aors: {}
    nodes_up: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Explanation:
    """The legs that the call has, what its caller gets, and what happens when the phones do not answer."""

    legs: tuple[tuple[str, Decision], ...]
    outcome: str
    then: dict[str, str]


def explain(situation: Situation, node: NodeProfile, directory: Directory) -> Explanation:
    """Decide both legs of a call; raises StoreDown."""
    request = _first(situation, node, directory)
    route = route_of(request, node)
    ours = _Outward(request, situation, node, directory)
    first = course(route, request, node, ours.facts_of_caller, ours.slots_of_caller).decision
    if not isinstance(first.outcome, Relay):
        leg = "pick-up" if route is PICK_UP else "inbound"
        return Explanation(((leg, first),), _words(first, directory), {})
    if first.memo and first.memo.service:
        return Explanation((("inbound", first),), _words(first, directory), {})
    if route is PICK_UP:
        return Explanation((("pick-up", first),), f"takes the call that rings at {first.outcome.called}", {})
    again = _from_gateway(request, first, first.outcome.gateway)
    outward = _Outward(again, situation, node, directory)
    second = outward.course(again)
    then = outward.then(second)
    legs = (("inbound", first), ("outbound", second.decision))
    rings = isinstance(second.decision.outcome, Ring | Trunk)
    return Explanation(legs, then["busy"] if situation.busy and rings else _words(second.decision, directory), then)


def _first(situation: Situation, node: NodeProfile, directory: Directory) -> Request:
    caller = situation.caller
    if not isinstance(caller, Account):
        return _from_trunk(caller, situation, node)
    home = directory.domains().get(caller.domain)
    return _from_phone(caller, situation, node, OFFERS[home.digest if home else "both"][0])


def _from_trunk(trunk: TrunkProfile, situation: Situation, node: NodeProfile) -> Request:
    target, caller = SipUri(situation.dialled, trunk.domain), SipUri("anonymous", "anonymous.invalid")
    if situation.caller_number:
        caller = SipUri(situation.caller_number, trunk.host)
    return Request(
        *("INVITE", target, caller, target, "explained"),
        from_tag="explained", source=Source.TRUNK, trunk=trunk, source_address=trunk.host, codecs=node.codecs,
        withheld=not situation.caller_number, from_name=situation.caller_name,
    )  # fmt: skip


def _from_phone(account: Account, situation: Situation, node: NodeProfile, algorithm: Algorithm) -> Request:
    target = SipUri(situation.dialled, account.domain)
    nonce = make_nonce(node.secrets, account.domain, situation.now, FRESH)
    count = "00000001"
    asked = Credentials(account.username, account.domain, nonce, str(target), "", algorithm, "auth", count, "explain")
    return Request(
        *("INVITE", target, SipUri(account.party.extension, account.domain), target, "explained"),
        from_tag="explained", codecs=node.codecs,
        credentials=proved(asked, "INVITE", account.ha1_md5, account.ha1_sha256),
    )  # fmt: skip


def _from_gateway(request: Request, decision: Decision, gateway: Gateway) -> Request:
    """The INVITE with which Asterisk comes back, carrying the private headers that it was given."""
    given = {effect.name: effect.value for effect in decision.effects if isinstance(effect, AddHeader)}
    user, _, domain = given[PrivateHeader.CALLED].partition("@")
    return replace(
        request,
        uri=SipUri(user, domain),
        source=Source.GATEWAY,
        source_address=gateway.address,
        source_port=gateway.port,
        trunk=None,
        credentials=None,
        from_name=display_name(given["P-Asserted-Identity"].rpartition("<")[0]),
        private={name: value for name, value in given.items() if name.startswith(PREFIX)},
    )


def _facts(asked: Questions, situation: Situation, node: NodeProfile, directory: Directory) -> Facts:
    account = situation.caller if asked.account and isinstance(situation.caller, Account) else None
    callee = _with_states(directory.party(*asked.callee), situation) if asked.callee else None
    return Facts(
        now=situation.now,
        node=node,
        domains=directory.domains(),
        account=account,
        callee=callee,
        registered=situation.registered(asked.registered) if asked.registered else False,
        routes=directory.outbound(asked.outbound) if asked.outbound else (),
        trunks=directory.trunks() if asked.outbound else {},
        trunks_down=situation.trunks_down if asked.health else UNKNOWN,
        targets=situation.targets if asked.health else {},
        schedules=directory.schedules() if asked.rows else {},
        caller_lists=directory.caller_lists() if asked.rows else {},
        named=_named(asked.named, situation, directory) if asked.named else None,
        busy=situation.found_busy if asked.busy else "",
        ringing=tuple(one for one in situation.ringing if one.domain == asked.ringing),
        rings=directory.rings() if asked.rows else {},
        elsewhere=_elsewhere(account, callee, situation) if asked.elsewhere else {},
        satellites=satellites_up(node, situation.nodes_up),
        fresh_id=FRESH,
    )


def _elsewhere(account: Account | None, callee: Party | None, situation: Situation) -> Mapping[str, tuple[str, ...]]:
    """At which nodes caller and callee have calls, in this order."""
    parties = (account.party if account else None, callee)
    return situation.calls_at([one.aor for one in parties if one])


def _with_states(callee: Party | None, situation: Situation) -> Party | None:
    """What calls and phones say of somebody, behind what he says himself."""
    return callee and replace(callee, presence=(*callee.presence, *situation.said(callee.aor)))


def _named(asked: tuple[str, str, str], situation: Situation, directory: Directory) -> Named | None:
    return directory.named(*asked) or situation.heard(*asked[:2])


@dataclass(frozen=True, slots=True)
class _Outward:
    """The outbound leg of a call, as often as Asterisk dials."""

    request: Request
    situation: Situation
    node: NodeProfile
    directory: Directory

    def course(self, request: Request, known: Facts | None = None) -> Course:
        """The request on its whole way, to whomever it is sent on."""
        return course(OUTBOUND, request, self.node, self._facts, self.slots, known)

    def facts_of_caller(self, asked: Questions, request: Request) -> Facts:
        """The facts of the inbound leg, in which nothing is as if."""
        return _facts(asked, self.situation, self.node, self.directory)

    def slots_of_caller(self, claim: Claim) -> Slots | Unknown:
        """What a claim would give: nothing is taken."""
        counts = self.situation.calls_up((*claim.limits, *claim.lines))
        return UNKNOWN if counts is UNKNOWN else would_claim(claim, counts)

    def slots(self, claim: Claim) -> Slots | Unknown:
        """The same for the outbound leg, where the called person may have as many calls as if."""
        counts, own = self.situation.calls_up((*claim.limits, *claim.lines)), self.situation.callee_calls
        if own is None:
            return UNKNOWN if counts is UNKNOWN else would_claim(claim, counts)
        as_if = {limit: own for limit in claim.limits if limit.scope is Scope.USER}
        return would_claim(claim, as_if if counts is UNKNOWN else {**counts, **as_if})

    def then(self, ringing: Course) -> dict[str, str]:
        """What happens when whoever rings does not take the call, by cause."""
        memo, outcome = ringing.decision.memo, ringing.decision.outcome
        if memo is None or not isinstance(outcome, Ring | Trunk):
            return {}
        failed = BY_TRUNK if isinstance(outcome, Trunk) else LATER
        ends = {cause: self._end(failures.decide(memo, failure), failure, memo) for cause, failure in failed.items()}
        if isinstance(outcome, Ring):
            gone = replace(ringing.facts, registered=False)
            ends["offline"] = _words(self.course(ringing.request, gone).decision, self.directory)
        return ends

    def _end(self, decision: Decision, failure: FailureFacts, memo: Memo) -> str:
        if isinstance(decision.outcome, Resume):
            progress = progress_in(self.node.secrets, memo.leg_id, decision.outcome.token)
            return _words(self.course(replace(self.request, progress=progress)).decision, self.directory)
        if isinstance(decision.outcome, Pass):
            return f"the caller gets {failure.code} {failure.reason}"
        return _words(decision, self.directory)

    def _facts(self, asked: Questions, request: Request) -> Facts:
        facts = _facts(asked, self.situation, self.node, self.directory)
        if request.uri != self.request.uri:
            return facts
        callee, state = facts.callee, self.situation.state
        if isinstance(callee, Party) and state:
            row = StateRow("as if said", "busy" if state == DND else state, state == DND)
            callee = replace(callee, presence=(row,))
        return replace(facts, callee=callee)


def _words(decision: Decision, directory: Directory) -> str:
    match decision.outcome:
        case Relay() if decision.memo and decision.memo.service:
            return served(decision.memo.service, decision.memo.called.rpartition("@")[2], directory)
        case Ring(aor, ring_s):
            return f"rings {aor} for {ring_s} s"
        case Trunk(name, uri, target=target):
            return f"leaves by trunk {name} as {uri}" + (f", to {target}" if target else "")
        case Relay(gateway, called):
            return f"goes to {called} by gateway {gateway}"
        case Reply(code, reason):
            return f"the caller gets {code} {reason}"
        case other:
            return type(other).__name__
