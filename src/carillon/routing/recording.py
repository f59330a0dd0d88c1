"""Whether a call is recorded, why, and what is kept with it (slide "Recording").

The leg of the person whose calls are recorded goes through the media relay, which writes down what both sides say; with
a trunk, the trunk's leg. A call that is recorded on the caller's side is not recorded on the other one again.
"""

from __future__ import annotations

import base64
import json
from dataclasses import astuple, replace
from typing import Final

from carillon.model.frozen import dataclass
from carillon.model.recording import TONE
from carillon.model.rights import NumberClass
from carillon.routing.admission import caller
from carillon.routing.chain import Verdict
from carillon.routing.codes import Feature, dialled
from carillon.routing.decision import AddHeader, Effect, Journal, NoteLoss, Reply
from carillon.routing.facts import UNKNOWN, Facts
from carillon.routing.request import Request
from carillon.sip.legid import make_leg_id
from carillon.sip.private import PrivateHeader
from carillon.sip.uri import quoted
from carillon.stores.ports import Account, Party, RecordingRule

RECORDING_KEY: Final = "*1"
"""What a person presses in a call to begin, pause and resume its recording, where he may."""

RELAY_DOWN: Final = "the media relay did not answer"
NO_OFFER: Final = "the caller's phone did not say first what it can hear"
MATCHES: Final = {
    "internal": frozenset({"all", "internal"}),
    "in": frozenset({"all", "in", "external"}),
    "out": frozenset({"all", "out", "external"}),
}


@dataclass(frozen=True, slots=True)
class Recording:
    """What is kept with a recording: `key` joins all of a call, `direction` is internal, in or out.

    `announce` and `tone_every_s` are what both sides hear of it, as in `model.recording.Rule`.
    """

    key: str
    domain: str
    rule: int
    extension: str
    caller: str
    caller_name: str
    callee: str
    callee_name: str
    direction: str
    required: bool = False
    on_demand: bool = False
    pausable: bool = False
    announce: str = ""
    tone_every_s: int = 0

    @property
    def has_key(self) -> bool:
        """Whether the person may begin or pause it."""
        return self.on_demand or self.pausable

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(json.dumps(astuple(self)).encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Recording | None:
        """What `str()` wrote, None for anything else."""
        try:
            return cls(*json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))
        except (ValueError, TypeError):
            return None


def recorded(request: Request, facts: Facts) -> Verdict:
    """The inbound leg: the caller's rule, or that of the trunk by which the call comes."""
    rule, recording = inbound_rule(request, facts)
    return _verdict(request, facts, rule, recording)


def recorded_outbound(request: Request, facts: Facts) -> Verdict:
    """The outbound leg: the called person's rule, or that of the trunk; which trunk, the rule before has found."""
    if PrivateHeader.RECORDED in request.private:
        return Verdict("skipped", "recorded on the caller's side")
    if not isinstance(facts.callee, Party):
        return Verdict("skipped", "the trunk's rule counts")
    rule, recording = outbound_rule(request, facts)
    return _verdict(request, facts, rule, recording)


def inbound_rule(request: Request, facts: Facts) -> tuple[RecordingRule | None, Recording | None]:
    """Why the inbound leg is recorded, and what is kept with it."""
    key = make_leg_id(facts.node.secrets, facts.fresh_id)
    callee = facts.callee if isinstance(facts.callee, Party) else None
    called = callee.aor if callee else request.uri.user
    name = callee.name if callee else ""
    if request.trunk is not None:
        rule = found(facts, request.trunk.domain, "in", trunk=request.trunk.name)
        rule = _told_too(rule, found(facts, callee.domain, "in", person=callee.extension) if callee else None)
        user = (request.asserted or request.from_uri).user
        who = "anonymous" if request.withheld else user
        parties = "", who, request.from_name, called, name
        return rule, _kept(rule, key, request.trunk.domain, parties, "in")
    if not isinstance(facts.account, Account) or _is_service(request):
        return None, None
    party, direction = caller(facts), "internal" if callee else "out"
    rule = found(facts, party.domain, direction, person=party.extension)
    if callee:
        rule = _told_too(rule, found(facts, callee.domain, direction, person=callee.extension))
    parties = party.extension, party.aor, party.name, called, name
    return rule, _kept(rule, key, party.domain, parties, direction)


def outbound_rule(request: Request, facts: Facts, trunk: str = "") -> tuple[RecordingRule | None, Recording | None]:
    """Why the outbound leg is recorded; not if the inbound one is.

    Who calls through the access number has no leg of a phone: his rule counts here, before the others.
    """
    private, domain = request.private, request.uri.host
    if PrivateHeader.RECORDED in private or PrivateHeader.SERVICE in private:
        return None, None
    key, who = private.get(PrivateHeader.LEG, ""), private.get(PrivateHeader.CALLER, "")
    told = (who, request.from_name)
    if PrivateHeader.ACCESS in private:
        called, direction = _called(request, facts), "internal" if isinstance(facts.callee, Party) else "out"
        extension = who.partition("@")[0]
        rule = found(facts, domain, direction, person=extension)
        if rule is not None and not rule.on_demand:  # no key of his is heard on this leg
            by_access = replace(rule, pausable=False)
            return rule, _kept(by_access, key, domain, (extension, *told, *called), direction)
    if isinstance(facts.callee, Party):
        party, direction = facts.callee, "in" if private.get(PrivateHeader.ORIGIN) == "external" else "internal"
        rule = found(facts, domain, direction, person=party.extension)
        return rule, _kept(rule, key, domain, (party.extension, *told, party.aor, party.name), direction)
    rule = found(facts, domain, "out", trunk=trunk or None)
    return rule, _kept(rule, key, domain, ("", *told, request.uri.user, ""), "out")


def _kept(
    rule: RecordingRule | None, key: str, domain: str, parties: tuple[str, str, str, str, str], direction: str
) -> Recording | None:
    """What is kept with it, by this rule; `parties`: whose it is, the caller, his name, the callee, his name."""
    if rule is None:
        return None
    how = rule.required, rule.on_demand, rule.pausable, rule.announce, rule.tone_every_s
    return Recording(key, domain, rule.id, *parties, direction, *how)


def _called(request: Request, facts: Facts) -> tuple[str, str]:
    """Who is called, by address and name."""
    return (facts.callee.aor, facts.callee.name) if isinstance(facts.callee, Party) else (request.uri.user, "")


def found(
    facts: Facts, domain: str, direction: str, *, person: str | None = None, trunk: str | None = None
) -> RecordingRule | None:
    """The rule that fits; one that must be kept counts before the others, and one by key after them.

    If any rule that fits announces the recording, it is announced.
    """
    profile = None if facts.domains is UNKNOWN else facts.domains.get(domain)
    rules = profile.recording if profile else ()
    fitting = [rule for rule in rules if rule.calls in MATCHES[direction] and _concerns(rule, person, trunk)]
    best = min(fitting, key=lambda rule: (not rule.required, rule.on_demand, not rule.pausable), default=None)
    return _told_too(best, next((rule for rule in fitting if rule.announce), None))


def _told_too(rule: RecordingRule | None, other: RecordingRule | None) -> RecordingRule | None:
    """A rule, with what another one that fits says aloud if it says nothing itself."""
    if rule is None or other is None or rule.announce or not other.announce:
        return rule
    return replace(rule, announce=other.announce, tone_every_s=other.tone_every_s)


def keys_told(session: str, recording: Recording | None) -> tuple[Effect, ...]:
    """Asterisk learns that the person on this leg has the key, and whether the recording begins by itself."""
    if recording is None or not recording.has_key:
        return ()
    return (AddHeader(PrivateHeader.RECORDING, f"{session} {'off' if recording.on_demand else 'on'}"),)


def told_recorded(request: Request, facts: Facts) -> tuple[Effect, ...]:
    """The outbound leg learns that the call is recorded already; not when that waits for a key."""
    rule = inbound_rule(request, facts)[0]
    recorded_anyhow = rule is not None and not rule.on_demand and is_recorded(request, facts)
    return (AddHeader(PrivateHeader.RECORDED, "yes"),) if recorded_anyhow else ()


def is_recorded(request: Request, facts: Facts) -> bool:
    """Whether the inbound leg is recorded: somebody wants it, and it can be."""
    return facts.relay and request.codecs is not None and inbound_rule(request, facts)[0] is not None


def why_recorded(rule: RecordingRule) -> str:
    """Why, for who reads a trace: `rule 3: all calls of 101, 102`."""
    whose = f"trunk {rule.trunk}" if rule.trunk else ", ".join(sorted(rule.people or ())[:5]) or "everybody"
    by_key = (
        f", when {RECORDING_KEY} is pressed" if rule.on_demand else f", {RECORDING_KEY} pauses" if rule.pausable else ""
    )
    return f"rule {rule.id}: {rule.calls} calls of {whose}{by_key}{_announced(rule)}"


def _announced(rule: RecordingRule) -> str:
    """What is heard of the recording: `, announced by a tone, and a tone every 15 s`."""
    if not rule.announce:
        return ""
    by = "a tone" if rule.announce == TONE else rule.announce
    again = f", and a tone every {rule.tone_every_s} s" if rule.tone_every_s else ""
    return f", announced by {by}{again}"


def _verdict(request: Request, facts: Facts, rule: RecordingRule | None, recording: Recording | None) -> Verdict:
    if rule is None or recording is None:
        return Verdict("not recorded", "no rule says so")
    if facts.relay and request.codecs is not None:
        how_far = "on demand" if rule.on_demand else "recorded"
        return Verdict(f"{how_far}, announced" if rule.announce else how_far, why_recorded(rule))
    if rule.on_demand:
        return Verdict("not recorded", f"{why_recorded(rule)}: {NO_OFFER if facts.relay else RELAY_DOWN}")
    why = NO_OFFER if facts.relay else RELAY_DOWN
    if rule.required and request.private.get(PrivateHeader.OUTSIDE) != NumberClass.EMERGENCY and not facts.relay:
        return Verdict("refused", f"{why_recorded(rule)}, required: {why}", must_be_recorded(facts))
    return Verdict("lost", f"{why_recorded(rule)}: {why}", effects=lost(recording, why))


def lost(recording: Recording, why: str) -> tuple[Effect, ...]:
    """The loss is said, in the log and among the recordings."""
    line = f"call of {recording.caller} to {recording.callee} is not recorded: {why}"
    return Journal(line), NoteLoss(str(recording), why)


def must_be_recorded(facts: Facts) -> Reply:
    warning = ("Warning", f"399 {facts.node.default_domain} {quoted('The call must be recorded, and cannot be')}")
    return Reply(503, "Service Unavailable", (("Retry-After", str(facts.node.retry_after_s)), warning))


def _concerns(rule: RecordingRule, person: str | None, trunk: str | None) -> bool:
    if rule.trunk is not None:
        return rule.trunk == trunk
    return trunk is None if rule.people is None else person in rule.people


def _is_service(request: Request) -> bool:
    """A code behind which something of ours answers; one that is dialled before a number is none."""
    code = dialled(request.uri.user).code
    return code is not None and code.feature not in (Feature.WITHHOLD, Feature.SHOW)
