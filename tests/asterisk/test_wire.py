"""The lines of the Gateway Interface."""

from __future__ import annotations

import pytest

from carillon.asterisk.agi import wire
from carillon.asterisk.agi.wire import Answer


def test_what_asterisk_says_at_the_beginning() -> None:
    told = wire.environment(["agi_network_script: KEY/echo\n", "agi_arg_1: \n", "agi_callerid: 101\n", "nonsense"])
    assert told == {"network_script": "KEY/echo", "arg_1": "", "callerid": "101"}


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("beep", ""), 'STREAM FILE "beep" ""\n'),
        (('say "hello"', 7), 'STREAM FILE "say \\"hello\\"" "7"\n'),
        (("two\nHANGUP", "\\"), 'STREAM FILE "two HANGUP" "\\\\"\n'),
    ],
)
def test_no_argument_ends_its_line(arguments: tuple[object, ...], line: str) -> None:
    assert wire.command("STREAM FILE", *arguments) == line


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("200 result=0\n", Answer("0")),
        ("200 result=49 endpos=800\n", Answer("49")),
        ("200 result=1 (a (b) c)\n", Answer("1", "a (b) c")),
        ("200 result=0123*\n", Answer("0123*")),
        ("200 result= (timeout)\n", Answer("", "timeout")),
    ],
)
def test_answers(line: str, answer: Answer) -> None:
    assert wire.answer(line) == answer


def test_a_key_is_the_character_that_was_pressed() -> None:
    assert [wire.answer(f"200 result={code}").key for code in (49, 35, 0, -1)] == ["1", "#", "", ""]


@pytest.mark.parametrize("line", ["510 Invalid or unknown command\n", "520 End of proper usage.\n", "", "200"])
def test_what_is_no_answer_is_refused(line: str) -> None:
    with pytest.raises(wire.Refused):
        wire.answer(line)
