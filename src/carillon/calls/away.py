"""Calls of people at siblings, as the workers of this node know them."""

from __future__ import annotations

from pathlib import Path

from carillon.routing.elsewhere import HERE, TABLE, Elsewhere
from carillon.supervision.rpc import NobodyAnswers, RpcFailed, call


def has_calls_away(rpc: Path, aor: str) -> bool:
    """Whether somebody has a call in the Asterisk of another node. Raises NobodyAnswers when nobody knows."""
    try:
        told = call(rpc, "htable.get", TABLE, aor)["item"]["value"]
    except NobodyAnswers:
        raise
    except RpcFailed:
        return False
    return any(node != HERE for node in Elsewhere.parse(str(told)).nodes)
