"""Which calls are ended while the link of a branch is cut: those with people beyond it who are not heard any more."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from tests.calls.test_book import HOME, told

from carillon.calls.ami import Message
from carillon.calls.asterisk import Asterisk
from carillon.calls.book import Book
from carillon.calls.severed import LOOK_S, RECEIVED, SILENT_S, Severed

HERE, BEYOND = "sip:phone", "sip:10.78.0.2:5069;transport=tls;lr"


@dataclass
class Branch:
    """Alice (101) talks with Carol (201), whose phone is beyond the link; `packets` came from each channel so far."""

    packets: dict[str, int] = field(default_factory=lambda: {"1.1": 0, "1.2": 0})
    homes: dict[str, set[str]] = field(default_factory=lambda: {f"101@{HOME}": {HERE}, f"201@{HOME}": {BEYOND}})
    down: set[str] = field(default_factory=lambda: {"liege"})
    now: float = 0.0
    done: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        book, asterisk = Book(), Asterisk()
        asterisk.manager = self  # type: ignore[assignment]
        book.resync([told("Status", id, "l1", party, bridge="b") for id, party in (("1.1", "101"), ("1.2", "201"))])
        self.severed = Severed(
            book, asterisk, {"liege": BEYOND}, lambda: self.down, self.homes.__getitem__, lambda: self.now
        )

    def ask(self, action: str, **fields: str) -> Message:
        self.done.append((action, fields["Channel"]))
        return {}

    def events(self, action: str, event: str, **fields: str) -> list[Message]:
        return [{"Uniqueid": id, f"Variable {RECEIVED}": str(count)} for id, count in self.packets.items()]

    def goes_on(self, *heard: str) -> None:
        """For longer than silence is borne; from these channels sound comes."""
        for _ in range(int(SILENT_S / LOOK_S) + 2):
            self.now += LOOK_S
            for channel in heard:
                self.packets[channel] += 100
            self.severed.tick(0.0)


def test_who_is_beyond_the_link_and_not_heard_is_parted_from_whom_he_talked_to() -> None:
    branch = Branch()
    branch.goes_on("1.1")
    assert branch.done[:2] == [("Redirect", "PJSIP/proxy-1.1"), ("Hangup", "PJSIP/proxy-1.2")]


@pytest.mark.parametrize(
    ("heard", "down", "home"),
    [(("1.1", "1.2"), {"liege"}, BEYOND), (("1.1",), set(), BEYOND), (("1.1",), {"liege"}, HERE), ((), set(), BEYOND)],
)
def test_other_calls_go_on(heard: tuple[str, ...], down: set[str], home: str) -> None:
    """Sound still comes, or no link is cut, or the silent phone is on this side."""
    branch = Branch(down=down)
    branch.homes[f"201@{HOME}"] = {home}
    branch.goes_on(*heard)
    assert branch.done == []


def test_a_short_cut_costs_no_call() -> None:
    branch = Branch()
    for _ in range(5):
        branch.now += SILENT_S / 2
        branch.down = {"liege"} if not branch.down else set()
        branch.severed.tick(0.0)
    assert branch.done == []
