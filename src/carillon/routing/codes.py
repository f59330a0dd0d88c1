"""Feature codes: what people dial before a number, or instead of one, to ask for something."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Feature(StrEnum):
    """What a code asks for."""

    WITHHOLD = "withhold"
    SHOW = "show"
    ECHO = "echo"
    CLOCK = "clock"
    OWN_EXTENSION = "own-extension"
    PICK_UP = "pick-up"
    MAILBOX = "mailbox"
    MAILBOX_LOGIN = "mailbox-login"
    CALL_BACK = "call-back"
    CANCEL_CALL_BACK = "cancel-call-back"
    LIST_CALL_BACKS = "list-call-backs"
    FORWARD_ALWAYS = "forward-always"
    FORWARD_NO_ANSWER = "forward-no-answer"
    FORWARD_BUSY = "forward-busy"
    FORWARD_OFFLINE = "forward-offline"
    KEEP_ALWAYS = "keep-always"
    KEEP_NO_ANSWER = "keep-no-answer"
    KEEP_BUSY = "keep-busy"
    KEEP_OFFLINE = "keep-offline"
    DISTURB_NOT = "do-not-disturb"
    DISTURB = "disturb"


@dataclass(frozen=True, slots=True)
class FeatureCode:
    """`code` is what is dialled; `takes` names what follows it, "" for nothing; `means` tells people.

    What may be left out is in brackets.
    """

    code: str
    feature: Feature
    takes: str
    means: str

    @property
    def written(self) -> str:
        """How it is dialled: `*31NUMBER`."""
        return f"{self.code}{self.takes}"

    @property
    def needs_number(self) -> bool:
        """Whether something must follow it."""
        return bool(self.takes) and not self.takes.startswith("[")


CODES = (
    FeatureCode("*31", Feature.WITHHOLD, "NUMBER", "call without showing who calls, this time"),
    FeatureCode("*32", Feature.SHOW, "NUMBER", "call and show who calls, this time"),
    FeatureCode("*43", Feature.ECHO, "", "echo test: hear yourself"),
    FeatureCode("*60", Feature.CLOCK, "", "what time it is"),
    FeatureCode("*65", Feature.OWN_EXTENSION, "", "which extension this phone has"),
    FeatureCode("*37", Feature.CALL_BACK, "[EXT]", "be called back when EXT, or who was busy last, is free"),
    FeatureCode("*38", Feature.CANCEL_CALL_BACK, "[EXT]", "be called back no more, from EXT or from anybody"),
    FeatureCode("*39", Feature.LIST_CALL_BACKS, "", "for whom one waits to be called back"),
    FeatureCode("*8", Feature.PICK_UP, "[EXT]", "pick up the call that rings at EXT, or in one's groups"),
    FeatureCode("*97", Feature.MAILBOX, "", "hear your voice messages"),
    FeatureCode("*98", Feature.MAILBOX_LOGIN, "", "hear voice messages from any phone, with mailbox and PIN"),
    FeatureCode("*21", Feature.FORWARD_ALWAYS, "NUMBER", "forward all your calls to NUMBER"),
    FeatureCode("#21", Feature.KEEP_ALWAYS, "", "end the forwarding of *21"),
    FeatureCode("*61", Feature.FORWARD_NO_ANSWER, "NUMBER", "forward calls that you don't answer"),
    FeatureCode("#61", Feature.KEEP_NO_ANSWER, "", "end the forwarding of *61"),
    FeatureCode("*62", Feature.FORWARD_OFFLINE, "NUMBER", "forward calls while no phone of yours is registered"),
    FeatureCode("#62", Feature.KEEP_OFFLINE, "", "end the forwarding of *62"),
    FeatureCode("*67", Feature.FORWARD_BUSY, "NUMBER", "forward calls while you are busy"),
    FeatureCode("#67", Feature.KEEP_BUSY, "", "end the forwarding of *67"),
    FeatureCode("*26", Feature.DISTURB_NOT, "", "do not disturb: no phone of yours rings"),
    FeatureCode("#26", Feature.DISTURB, "", "end do not disturb"),
)
"""Those of every domain."""


def code_of(feature: Feature) -> str:
    """What is dialled for a feature."""
    return next(one.code for one in CODES if one.feature is feature)


@dataclass(frozen=True, slots=True)
class Dialled:
    """What was dialled: the number behind a code, and the code if there was one."""

    number: str
    code: FeatureCode | None = None

    @property
    def feature(self) -> Feature | None:
        """What the code asks for."""
        return self.code.feature if self.code else None


@lru_cache(maxsize=1024)  # the rules of one call ask several times
def dialled(text: str, codes: tuple[FeatureCode, ...] = CODES) -> Dialled:
    """What `text` means: the longest code that begins it, and the rest.

    A `#` or a star between them, and a `#` at the end, are not counted: `*21*103#` is `*21103`, as elsewhere in Europe.
    A code that takes nothing must be all that was dialled, but for a `#` at its end.
    """
    for code in sorted(codes, key=lambda one: -len(one.code)):
        if text.startswith(code.code):
            rest = text.removeprefix(code.code).strip("#").strip()
            rest = rest.removeprefix("*") if code.takes else rest
            if code.takes or not rest:
                return Dialled(rest, code)
    return Dialled(text)
