"""The mark in our Record-Route by which an in-dialog request proves that we set its dialog up.

`loose_route` keeps no state and relays anywhere; without this proof a stranger's in-dialog request with a Route to us
would pass every rule (RFC 3261 §16.4, §16.6).
"""

from __future__ import annotations

from carillon.sip.seal import Secrets, is_sealed, seal

PARAMETER = "proof"


def proof(secrets: Secrets, call_id: str, tag: str) -> str:
    """The proof for a dialog: a seal over its Call-ID and the From tag of the request that made it."""
    return seal(secrets, "dialog", f"{call_id}|{tag}")


def is_proved(secrets: Secrets, presented: str, call_id: str, from_tag: str, to_tag: str) -> bool:
    """Whether `presented` fits a dialog between these tags, whichever side now sends."""
    return bool(presented) and (
        is_sealed(secrets, "dialog", f"{call_id}|{from_tag}", presented)
        or is_sealed(secrets, "dialog", f"{call_id}|{to_tag}", presented)
    )
