"""What is shown of people, as the directory has it: the rows that differ from what is usual, and who is in groups."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from carillon.presence.grouplamps import GROUP, Numbers
from carillon.presence.picture import Rule
from carillon.presence.privacy import Groups, RuleRow, rule_of

COLUMNS = "domain, extension, busy_in_call, watchers, note, callers"
_RULES = f"SELECT {COLUMNS} FROM presencerule"  # noqa: S608 - our own column names
_GROUPS = 'SELECT domain, name, members FROM "group"'


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Rows by domain and extension, groups by domain."""

    rows: Mapping[tuple[str, str], RuleRow]
    groups: Mapping[str, Groups]

    @classmethod
    def read(cls, directory: sqlite3.Connection, group_numbers: Numbers | None = None) -> RuleBook:
        """All of them; a group's numbers are among its members, who may watch it as they watch each other. Raises
        `sqlite3.Error`."""
        rows = [_row(*row) for row in directory.execute(_RULES)]
        groups: dict[str, dict[str, frozenset[str]]] = {}
        if rows:
            for domain, name, members in directory.execute(_GROUPS):
                numbers = (group_numbers or {}).get(f"{GROUP}{name}@{domain}", ())
                also = (each.partition("@")[0] for each in numbers)
                groups.setdefault(domain, {})[name] = frozenset((*members.split(), *also))
        return cls({(row.domain, row.extension): row for row in rows}, groups)

    def rule_of(self, aor: str) -> Rule:
        """The rule for a person."""
        extension, _, domain = aor.partition("@")
        own, common = self.rows.get((domain, extension)), self.rows.get((domain, ""))
        return rule_of(extension, own, common, self.groups.get(domain, {}))


def _row(domain: str, extension: str, busy: int | None, watchers: str | None, *flags: int | None) -> RuleRow:
    note, callers = (None if flag is None else bool(flag) for flag in flags)
    return RuleRow(domain, extension, None if busy is None else bool(busy), watchers, note, callers)
