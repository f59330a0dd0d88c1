"""A call-back begins: the daemon `calls` says that both are free, Asterisk asks whom to ring."""

from __future__ import annotations

from carillon.asterisk.call import Call


async def run(call: Call) -> None:
    """Claim the call-back `argument`, and tell the dial plan who waits: his phones show for whom. Else nobody rings."""
    told = await call.changes("callback claim", int(call.argument))
    if told is None:
        return
    await call.makes(
        f"{told['target']}@{told['domain']}",
        f"Call-back: {told['target_name']}",
        f"{told['extension']}@{told['domain']}",
    )
    await call.sets("_NO_FORWARD", "yes")
