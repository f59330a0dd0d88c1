"""Warning (RFC 3261 §20.43) as it may be passed on: few, short, readable, and without addresses."""

from __future__ import annotations

import re
from typing import Final

from carillon.sip.uri import quoted, unescaped

MOST: Final = 5
LONGEST: Final = 160
"""Characters of a text."""

_ONE = re.compile(r'\s*([1-9][0-9]{2})\s+([^\s",]{1,255})\s+"((?:[^"\\]|\\.)*)"\s*(?:,|$)', re.DOTALL)
_ADDRESS = re.compile(
    r"(?<![\w.])(?:sips?:\S+|\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?|\[?[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){3,7}\]?(?::\d+)?"
    r"|[\w-]+(?:\.[\w-]+)*\.(?:local|lan|internal|intern|localdomain|home|corp))(?![\w.])",
    re.IGNORECASE,
)


def tidied(text: str, agent: str) -> tuple[str, ...]:
    """The warnings in the values of all Warning headers, joined by commas, as said by `agent`; garbage is left out.

    Hosts of the far side are nobody's business here: `agent` stands for it, and addresses in texts become `…`.
    """
    found = [(code, unescaped(said)) for code, _, said in _ONE.findall(text[: 50 * LONGEST])]
    kept = dict.fromkeys((code, _shortened(_ADDRESS.sub("…", said))) for code, said in found)
    return tuple(f"{code} {agent} {quoted(said)}" for code, said in list(kept)[:MOST] if said)


def own(agent: str, said: str) -> str:
    """A warning of ours (399)."""
    return f"399 {agent} {quoted(_shortened(said))}"


def _shortened(said: str) -> str:
    printable = " ".join("".join(each if each.isprintable() else " " for each in said).split())
    return printable if len(printable) <= LONGEST else printable[: LONGEST - 1] + "…"
