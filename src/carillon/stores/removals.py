"""A contact that was taken away at a node that is not its home: as a worker says it, and nodes tell it on. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass

from carillon.stores.registrationjournal import Binding

Row = list[str | int]


@dataclass(frozen=True, slots=True)
class Removal:
    """A contact that was taken away, as it was known: its last REGISTER; and by which one; `left_s` of its life."""

    aor: str
    contact: str
    call_id: str
    cseq: int
    by_call_id: str
    by_cseq: int
    left_s: int

    def is_meant(self, one: Binding) -> bool:
        """Whether this is what was taken away, and not a REGISTER that came later."""
        if one.contact != self.contact:
            return False
        return (one.call_id, one.cseq) == (self.call_id, self.cseq) or (
            one.call_id == self.by_call_id and one.cseq < self.by_cseq
        )

    def row(self, left_s: int) -> Row:
        """As it is told."""
        return [self.aor, self.contact, self.call_id, self.cseq, self.by_call_id, self.by_cseq, left_s]

    @classmethod
    def read(cls, row: Row) -> Removal:
        """What `row` wrote; raises TypeError or ValueError on anything else."""
        aor, contact, call_id, cseq, by_call_id, by_cseq, left_s = row
        return cls(str(aor), str(contact), str(call_id), int(cseq), str(by_call_id), int(by_cseq), int(left_s))


def words(one: Binding, aor: str, by_call_id: str, by_cseq: int, now: float) -> str:
    """What a worker says of a contact that it has removed."""
    left_s = max(1, one.expires - int(now))
    return json.dumps([one.received, aor, one.contact, one.call_id, one.cseq, by_call_id, by_cseq, left_s])
