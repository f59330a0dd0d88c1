"""One row of the trace as it travels from a worker to the collector, and as it is kept: one line of text.

Joined text costs a worker a fraction of what JSON does. Everything here is pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from carillon.routing.decision import TraceRow

FIELD = "\x1f"
LOST = "lost"
"""The route of a row that says, as its message, how many rows did not get through."""

STORE_DOWN = "store"
"""The route of a row whose message is the name of a store that did not answer."""

LONGEST_FIELD = 300
"""Characters of each field of a row but its rules."""

LONGEST = 8192
"""Characters of a line; what is longer loses its last rules."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_SHORT = 6
_HEAD = 11
_CONTROLS = {code: "?" for code in (*range(32), *range(127, 160)) if chr(code) != FIELD}
"""Nothing that a phone sends may move the cursor of who reads it."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a worker decided about one message.

    `at` is Unix time; `leg` joins the legs of a call; `address` is where the message came from; `source` is
    `gateway`, `outside` or empty; `message` is a method with its URI, or a code; `outcome` is the decision's, with
    its `detail`.
    """

    at: float
    route: str
    call_id: str = ""
    leg: str = ""
    address: str = ""
    source: str = ""
    message: str = ""
    sender: str = ""
    called: str = ""
    outcome: str = ""
    detail: str = ""
    rules: tuple[TraceRow, ...] = ()


def pack(head: tuple[str, ...], rules: Iterable[TraceRow]) -> str:
    """The line of a row: the fields of `Row` in order as text, then each rule's three words."""
    if max(map(len, head)) > LONGEST_FIELD:
        head = tuple(field[:LONGEST_FIELD] for field in head)
    fields = (*head, *chain.from_iterable(rules))
    line = FIELD.join(fields)
    if line.count(FIELD) >= len(fields):
        line = FIELD.join(field.replace(FIELD, "?") for field in fields)
    return line if len(line) <= LONGEST else line[:LONGEST]


def unpack(line: str) -> Row:
    """The row of a line; raises ValueError when it is none."""
    fields = line.translate(_CONTROLS).split(FIELD)
    if len(fields) < _HEAD:
        raise ValueError(f"{len(fields)} fields")
    at, route, call_id, leg, address, source, message, sender, called, outcome, detail, *said = fields
    rules = tuple(TraceRow(*said[i : i + 3]) for i in range(0, len(said) - 2, 3))
    return Row(float(at), route, call_id, leg, address, source, message, sender, called, outcome, detail, rules)


def short_id(leg: str) -> str:
    """Six letters and digits that people can type for a call, from its leg id."""
    try:
        number = int(leg[:8], 16) >> 2
    except ValueError:
        return leg[:_SHORT]
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_SHORT)))


def legs_of(short: str) -> tuple[str, str] | None:
    """The lowest and the highest leg id with this short id, or None when it is not a short id."""
    typed = short.lower().translate(str.maketrans("oil", "011"))
    if len(typed) != _SHORT or any(letter not in _ALPHABET for letter in typed):
        return None
    number = 0
    for letter in typed:
        number = number << 5 | _ALPHABET.index(letter)
    return f"{number << 2:08x}", f"{(number << 2) + 3:08x}~"
