"""How two configurations differ, as people read it: a unified diff without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import unified_diff

Texts = Mapping[str, Mapping[str, str]]

MASK = "********"
_SECRETS = (
    re.compile(r"^(\s*(?:secret|password)\s*=\s*).+$", re.MULTILINE),
    re.compile(r'("restore_passwd",\s*")[^"]*'),
)
_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL)


def masked(text: str) -> str:
    """The text without passwords and private keys."""
    for secret in _SECRETS:
        text = secret.sub(rf"\g<1>{MASK}", text)
    return _KEY.sub(f"(private key: {MASK})", text)


def differing(before: Texts, after: Texts) -> list[str]:
    """The targets that differ."""
    return [name for name in after if dict(before.get(name, {})) != dict(after[name])]


def difference(before: Texts, after: Texts) -> str:
    """A unified diff of all files, empty when they are the same; a file that differs in a secret only is named."""
    return "".join(part for name in after for part in _of_target(name, before.get(name, {}), after[name]))


def _of_target(name: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for path in sorted({*before, *after}):
        old, new = before.get(path, ""), after.get(path, "")
        if old == new:
            continue
        place = f"{name}/{path}"
        lines = unified_diff(_lines(old), _lines(new), f"{place} (in force)", f"{place} (at the next start)")
        yield "".join(lines) or f"{place}: a secret differs, which is not shown\n"


def _lines(text: str) -> list[str]:
    """Lines that all end, so that a last one without an end doesn't run into the next."""
    return [f"{line}\n" for line in masked(text).splitlines()]
