"""What a route wants to know before it decides: one batch of reads."""

from __future__ import annotations

from typing import Final

from carillon.model.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Questions:
    """None means: not asked. `outbound` asks for the outbound routes of a domain, and the trunks; those are cached.

    `health` asks which trunks of a domain are down, one look into shared memory.
    `callee6` asks whether the callee's phones have IPv6 only; that is in memory.
    `bound` asks which contacts the account's person has; they are in memory.
    `rows` asks for schedules, caller lists and rings, which are cached too.
    `sent_by` asks how many messages a device has just sent; that is in memory.
    `named` asks who an outside number is: domain, number, and the extension of whose books are asked.
    `busy` asks whom the account's person found busy last: shared memory.
    `dialog` asks for the note of a dialog by its Call-ID, `ringing` for those of a domain that ring: shared memory.
    `consulted` asks for the note of the dialog into which a REFER sends somebody, by its Call-ID: shared memory.
    `referred` asks who has asked by REFER to take a side of a dialog, by its Call-ID: shared memory.
    `left_by` asks where a call went outside, by the Call-ID of its outbound leg: one trip to Redis.
    `elsewhere` asks at which nodes the account's person and the callee have calls: shared memory.
    `joined` asks at which sibling the account's person talks in a dialog, by its Call-ID: shared memory.
    `moving` asks whether phones are to go to another node: shared memory.
    `panel` asks whether there is a panel, by domain and name; those are cached.
    `flow` asks for the way to one contact of an address of record, both given: memory.
    `beyond` asks, on a satellite that is cut off, how the called person is reached if no phone of his is; it is the
    address of who calls. While there is a link, and on mains, that costs nothing; else two directory reads.
    `account`, `callee` and `caller` are (domain, name) pairs and cost one directory read each; so does `named`."""

    account: tuple[str, str] | None = None
    callee: tuple[str, str] | None = None
    caller: tuple[str, str] | None = None
    registered: str | None = None
    nonce_use: str | None = None
    fresh_id: bool = False
    domains: bool = False
    outbound: str | None = None
    bound: bool = False
    health: str | None = None
    callee6: bool = False
    rows: bool = False
    sent_by: str | None = None
    named: tuple[str, str, str] | None = None
    dialog: str | None = None
    consulted: str | None = None
    referred: str | None = None
    left_by: str | None = None
    busy: bool = False
    ringing: str | None = None
    elsewhere: bool = False
    joined: str | None = None
    moving: bool = False
    flow: tuple[str, str] | None = None
    panel: tuple[str, str] | None = None
    beyond: str | None = None

    @property
    def directory_reads(self) -> int:
        """How many rows of the directory the answers cost; pinned in tests for each route."""
        return sum(question is not None for question in (self.account, self.callee, self.caller, self.named))


NOTHING: Final = Questions()
"""Of a route that decides by the request alone: nothing is fetched for it."""
