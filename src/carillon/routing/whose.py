"""Whether an address is of whoever asks."""

from __future__ import annotations

from carillon.routing.admission import caller, home_domain
from carillon.routing.facts import Facts
from carillon.sip.uri import SipUri
from carillon.stores.ports import Account


def is_own(uri: SipUri, facts: Facts) -> bool:
    """By the extension or by the device's own SIP user; only after `authenticated` has passed."""
    party = caller(facts)
    assert isinstance(facts.account, Account)
    own = {party.extension, facts.account.username}
    return uri.user in own and home_domain(uri.host, facts.node, party.domain) == party.domain
