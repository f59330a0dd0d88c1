"""Commands that take a Call-ID: one may begin with a hyphen, as options do (RFC 3261 §25.1)."""

from __future__ import annotations

import re
from typing import Any, Final

from typer.core import TyperCommand

_CALL_ID: Final = re.compile(r"-[^-].{7,}")
"""No option with one hyphen is so long."""


class TakesCallId(TyperCommand):
    """Takes what is too long for an option as what the command is about."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As click does, with Call-IDs behind all options."""
        ids = [] if "--" in args else [each for each in args if _CALL_ID.fullmatch(each)]
        behind = ["--", *ids] if ids else []
        return super().parse_args(ctx, [*(each for each in args if each not in ids), *behind])
