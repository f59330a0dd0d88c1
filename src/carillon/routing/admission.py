"""Who is asking: a stranger is challenged, whatever he asked; nobody learns which accounts exist."""

from __future__ import annotations

from carillon.routing.bans import Guess
from carillon.routing.chain import Verdict
from carillon.routing.decision import Challenge, CountGuess, Effect, Journal, RemoveHeader, Reply, SpendNonce
from carillon.routing.facts import UNKNOWN, Facts, NodeProfile
from carillon.routing.request import Request
from carillon.sip.digest import (
    OFFERS,
    Algorithm,
    Credentials,
    NonceState,
    challenge,
    make_nonce,
    nonce_state,
    response_matches,
)
from carillon.sip.uri import quoted
from carillon.stores.ports import Account, Party

# Methods that end with us are challenged as by a user agent server, others as by a proxy (RFC 3261 §22.2, §22.3).
ENDS_HERE = frozenset({"REGISTER", "SUBSCRIBE", "PUBLISH", "OPTIONS"})

# An unknown account costs the same hash as a known one, so that time does not tell them apart.
NOBODY = Account("", "", "0" * 32, "0" * 64, Party("", "", ""))


def account_question(request: Request) -> tuple[str, str] | None:
    """Which account to look up: the one that the credentials name, in the domain that is their realm."""
    return (request.credentials.realm, request.credentials.username) if request.credentials else None


def nonce_question(request: Request) -> str | None:
    """Which use of a nonce to look up."""
    return request.credentials.use if request.credentials else None


def home_domain(host: str, node: NodeProfile, asker: str = "") -> str:
    """The domain that a URI's host means: an address or name of this node means the asker's, else the default."""
    return (asker or node.default_domain) if host in node.hosts else host


def forwards_left(request: Request, facts: Facts) -> Verdict:
    """Max-Forwards: a request that has gone too far is answered 483 (RFC 3261 §16.3)."""
    if request.max_forwards <= 0:
        return Verdict("refused", "Max-Forwards is used up", Reply(483, "Too Many Hops"))
    return Verdict("passed", f"Max-Forwards {request.max_forwards}")


def authenticated(request: Request, facts: Facts) -> Verdict:
    """Digest authentication (RFC 7616): the account must exist and the response must prove its password."""
    realm = _realm(request, facts)
    credentials = request.credentials
    if credentials is None:
        return _challenge(request, facts, realm, "no credentials")
    state = nonce_state(facts.node.secrets, credentials.realm, credentials.nonce, facts.now)
    account = facts.account
    if account is UNKNOWN or facts.domains is UNKNOWN:
        return Verdict("unknown", "the directory did not answer", unavailable(facts))
    proved = _proves(credentials, request.method, account or NOBODY, facts)
    if state is NonceState.FOREIGN or credentials.realm != realm:
        return _challenge(request, facts, realm, "the nonce or the realm is not ours")
    if not proved or account is None:
        return _challenge(
            request, facts, realm, "the credentials are wrong", effects=_refusal(request, realm, credentials)
        )
    if state is NonceState.STALE or facts.nonce_used is True:
        return _challenge(request, facts, realm, "the nonce is used up", stale=True)
    remove = "Authorization" if request.method in ENDS_HERE else "Proxy-Authorization"
    effects = (SpendNonce(credentials.use, request.fingerprint), RemoveHeader(remove))
    return Verdict("passed", f"device {account.username} of {account.party.aor}", effects=effects)


def media_fits(request: Request, facts: Facts) -> Verdict:
    """A call without a codec of ours is told so before anybody's phone rings: 488 (RFC 3261 §21.4.26)."""
    codecs = request.codecs
    if codecs is None or codecs & facts.node.codecs:
        return Verdict("passed", "no audio is offered yet" if codecs is None else ", ".join(sorted(codecs)))
    ours = ", ".join(sorted(facts.node.codecs))
    warning = ("Warning", f"305 {facts.node.default_domain} {quoted(f'None of your codecs is ours: {ours}')}")
    return Verdict("refused", f"offered {sorted(codecs)}", Reply(488, "Not Acceptable Here", (warning,)))


def not_understood(request: Request, known: frozenset[str] = frozenset()) -> Verdict | None:
    """A request that ends with us and requires an extension besides those `known`: 420 (RFC 3261 §8.2.2.3)."""
    unknown = ", ".join(sorted(request.required - known))
    if not unknown:
        return None
    return Verdict("refused", f"requires {unknown}", Reply(420, "Bad Extension", (("Unsupported", unknown),)))


def unavailable(facts: Facts) -> Reply:
    """503 of our own, when we cannot serve: phones try another server or come back (RFC 3261 §21.5.4)."""
    return Reply(503, "Service Unavailable", (("Retry-After", str(facts.node.retry_after_s)),))


def caller(facts: Facts) -> Party:
    """The party that authenticated; only after `authenticated` has passed."""
    assert isinstance(facts.account, Account)
    return facts.account.party


def _proves(credentials: Credentials, method: str, account: Account, facts: Facts) -> bool:
    return credentials.algorithm in _offers(credentials.realm, facts) and response_matches(
        credentials, method, account.ha1_md5, account.ha1_sha256
    )


def _offers(realm: str, facts: Facts) -> tuple[Algorithm, ...]:
    domain = facts.domains.get(realm) if facts.domains is not UNKNOWN else None
    return OFFERS[domain.digest if domain else "both"]


def _realm(request: Request, facts: Facts) -> str:
    """The domain to authenticate in: the caller's if it is ours, else the called one, else the default."""
    if facts.domains is UNKNOWN:
        return facts.node.default_domain
    if request.credentials and request.from_uri.host in facts.node.hosts and request.credentials.realm in facts.domains:
        return request.credentials.realm
    for host in (request.from_uri.host, request.uri.host):
        domain = home_domain(host, facts.node)
        if domain in facts.domains:
            return domain
    return facts.node.default_domain


def _refusal(request: Request, realm: str, credentials: Credentials) -> tuple[Effect, ...]:
    """A line for who wonders why a phone does not register, without the password; and the guess is counted."""
    who, source = credentials.username, f"{request.source_address} by {request.transport}"
    line = f"{request.method} refused: wrong password or unknown device {who!r} in {realm}, from {source}"
    return Journal(line), CountGuess(guess_of(request.source_address, credentials))


def guess_of(address: str, credentials: Credentials) -> Guess:
    """The pair that is counted and banned: an address and the account that is named there."""
    return Guess(address, f"{credentials.username}@{credentials.realm}")


def _challenge(
    request: Request,
    facts: Facts,
    realm: str,
    fact: str,
    *,
    stale: bool = False,
    effects: tuple[Effect, ...] = (),
) -> Verdict:
    ends_here = request.method in ENDS_HERE
    name = "WWW-Authenticate" if ends_here else "Proxy-Authenticate"
    nonce = make_nonce(facts.node.secrets, realm, facts.now, facts.fresh_id)
    headers = tuple((name, challenge(realm, nonce, algorithm, stale=stale)) for algorithm in _offers(realm, facts))
    return Verdict("challenged", fact, Challenge(401 if ends_here else 407, realm, headers), effects)
