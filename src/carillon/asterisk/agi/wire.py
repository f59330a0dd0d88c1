"""The lines of Asterisk's Gateway Interface, without a socket."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_ANSWER = re.compile(r"200 result=(\S*)(?: \((.*)\))?")
_NUMBER = re.compile(r"-?\d{1,9}")
_BAD = str.maketrans({"\r": " ", "\n": " ", "\0": " "})


class Refused(Exception):
    """Asterisk did not take a command: it does not know it, or the call has ended."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Asterisk answered: `typed` is a number, -1 for a failure, or keys; `text` what stood in brackets."""

    typed: str
    text: str = ""

    @property
    def result(self) -> int:
        """The number; 0 when it is none."""
        return int(self.typed) if _NUMBER.fullmatch(self.typed) else 0

    @property
    def key(self) -> str:
        """The key that was pressed meanwhile, "" for none."""
        return chr(self.result) if self.result > 0 else ""


def environment(lines: Iterable[str]) -> dict[str, str]:
    """What Asterisk says of the call at its beginning, by name without `agi_`."""
    pairs = (line.partition(":") for line in lines)
    return {name.removeprefix("agi_"): value.strip() for name, colon, value in pairs if colon}


def command(name: str, *arguments: object) -> str:
    """The line of a command, with its arguments quoted; what would end the line is a blank."""
    return " ".join((name, *map(_quoted, arguments))) + "\n"


def answer(line: str) -> Answer:
    """The answer in a line. Raises `Refused`."""
    found = _ANSWER.match(line)
    if found is None:
        raise Refused(line.strip() or "the connection has ended")
    return Answer(found[1], found[2] or "")


def _quoted(value: object) -> str:
    text = str(value).translate(_BAD).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
