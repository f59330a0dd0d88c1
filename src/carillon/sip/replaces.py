"""The header Replaces: which dialog an INVITE is to take the place of (RFC 3891 §6.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CALL_ID = re.compile(r"[^\s;,]{1,256}")
_PARAMETER = re.compile(r"\s*([-A-Za-z0-9.!%*_+`'~]+)\s*(?:=\s*([^\s;,=\"]{1,256}))?\s*")


@dataclass(frozen=True, slots=True)
class Replaces:
    """A dialog as the phone that is replaced knows it: `to_tag` is the far end's for who gets this header."""

    call_id: str
    to_tag: str
    from_tag: str
    early_only: bool = False

    @classmethod
    def parse(cls, text: str) -> Replaces | None:
        """The value of the header, in whatever order its parameters are; None when it can't be read."""
        call_id, *parts = text.strip().split(";")
        found = [_PARAMETER.fullmatch(part) for part in parts]
        if not _CALL_ID.fullmatch(call_id.strip()) or None in found:
            return None
        named = [(match[1].lower(), match[2] or "") for match in found if match]
        said = dict(named)
        once = all(sum(name == tag for name, _ in named) == 1 for tag in ("to-tag", "from-tag"))
        if not once or not said["to-tag"] or not said["from-tag"]:
            return None
        return cls(call_id.strip(), said["to-tag"], said["from-tag"], "early-only" in said)

    def __str__(self) -> str:
        early = ";early-only" if self.early_only else ""
        return f"{self.call_id};to-tag={self.to_tag};from-tag={self.from_tag}{early}"
