"""The registry of what a node shares in Redis: each key's form, who writes it, who reads it, how long it lives.

| key | form | written by | read by | life |
|---|---|---|---|---|
| `leg:LEG` | JSON: code, reason, headers of a leg that failed | outbound leg | inbound leg | 2 h |
| `calls:SCOPE NAME` | sorted set: names of calls (leg ids), by when each lease ends (Unix s) | a leg that claims a place; the calls daemon, which renews it and takes it away | legs that have a limit, `limit list`, `explain` | the lease |
| `claims` | stream: `leg`, `scopes` (lines); or `leg`, `left` (lines) | a leg that claims a place, or gives it back | the calls daemon; the daemon `siblings` | 2 h, 10,000 entries |
| `calls-away` | sorted set: leg ids of calls that count here and are in the Asterisk of a sibling, by when each lease ends | the daemon `siblings`, which writes them under `calls:` as well | the calls daemon, which leaves them alone | the lease |
| `calls-kept` | `yes` while counters are there | the calls daemon | the calls daemon, which so finds a new Redis | 1 h |
| `gateway:AOR` | `HOST:PORT` of the Asterisk that has a call of this person | the calls daemon, on a node with several | inbound leg | the lease |
| `leaving:CALL-ID` | list: URI and target of each place by which a call went outside | outbound leg | the CANCEL of a call that rang when Kamailio died | 10 min |
| `ended:CALL-ID` | `yes` once a BYE of a dialog without Asterisk has passed | every worker | the calls daemon, after the death of Kamailio | 10 min |

All may be lost: a call goes without them, and the calls daemon writes again what is so.
"""  # noqa: E501

from __future__ import annotations

from carillon.stores.ports import Scope

COUNTER = "calls:"
"""Begins the counter of a limit; `Limit` as text follows."""

CLAIMS = "claims"
CLAIMS_KEPT = 10_000
AWAY = "calls-away"
CLAIMS_LIFE_S = 2 * 3600

CLAIM_S = 4.0
"""A place that is claimed is free again after so long, unless the calls daemon sees the call.

A call reaches Asterisk in milliseconds; what a crash leaves behind must be gone within 5 s."""

LEASE_S = 12.0
"""How long the calls daemon's word is good; it renews it much more often."""

KEPT, KEPT_S = "calls-kept", 3600

HANDOVER_S = 2 * 3600
ENDED_S = 600
LEAVING_S = 600
"""Longer than anything may ring."""
FORGET_S = 60
"""A counter that nobody touches any more goes by itself."""


def handover(leg: str) -> str:
    """The hand-over of a leg."""
    return f"leg:{leg}"


def leaving(call_id: str) -> str:
    """Where the outbound leg of this Call-ID went."""
    return f"leaving:{call_id}"


def ended(call_id: str) -> str:
    """That the dialog of this Call-ID is over."""
    return f"ended:{call_id}"


def calls(scope: Scope | str, name: str) -> str:
    """The calls of somebody or something, as `Limit` names it."""
    return f"{COUNTER}{scope} {name}"


def gateway(aor: str) -> str:
    """Where a person's calls are."""
    return f"gateway:{aor}"
