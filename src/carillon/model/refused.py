"""The one error of people who typed something that the system won't take."""

from __future__ import annotations


class Refused(ValueError):
    """A value that isn't accepted: `field` names it, `sentence` says why and what to do next.

    The command line prints `str(refused)` on standard error and ends with status 1. Never put a secret in it.
    """

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field = field
        self.sentence = sentence
