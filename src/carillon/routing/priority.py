"""When a phone is to ring among those of its person: what an administrator says, and the q that it gives itself."""

from __future__ import annotations

from carillon.model.priority import fits
from carillon.routing.facts import UNKNOWN, Facts
from carillon.routing.request import Request
from carillon.sip.contacts import contacts
from carillon.stores.ports import Account, PriorityRow


def priority_of(request: Request, account: Account, facts: Facts) -> tuple[float | None, str]:
    """The priority that goes before the phone's own, None where that counts; and why, as the end of a sentence.

    A device's own setting goes before all; then rows that override; then the phone's q; then the other rows.
    """
    if account.priority is not None:
        return account.priority, f", priority {account.priority:g}"
    own = next((each.q for each in contacts(request.contacts) if each.q), "")
    row = _row(request, account, facts, overriding_only=bool(own))
    if row is not None:
        return row.priority, f", priority {row.priority:g} by rule {row.id}"
    return None, f", its own q {own}" if own else ""


def _row(request: Request, account: Account, facts: Facts, *, overriding_only: bool) -> PriorityRow | None:
    """The first row of the domain that fits the phone, among those that override if only they may."""
    home = None if facts.domains is UNKNOWN else facts.domains.get(account.domain)
    rows = home.priorities if home else ()
    return next((row for row in rows if (row.override or not overriding_only) and _fits(row, request, account)), None)


def _fits(row: PriorityRow, request: Request, account: Account) -> bool:
    return (
        fits(row.agent, request.user_agent)
        and row.transport in ("", request.transport)
        and fits(row.device, account.username)
    )
