"""Something that is played to callers."""

from __future__ import annotations

from dataclasses import dataclass

from carillon.model.domain import require_canonical
from carillon.model.label import require_label
from carillon.model.refused import Refused
from carillon.model.target import Target

MOST_TIMES = 20
LONGEST_S = 600.0


@dataclass(frozen=True, slots=True)
class Announcement:
    """A prompt of `seconds`, played `times`; then the call goes to `then`, or it ends.

    With `answer` the call is answered first, which its caller may have to pay for. Without, the prompt is early media
    (RFC 3960), and the call fails with `code` afterwards.
    """

    domain: str
    name: str
    seconds: float
    times: int = 1
    answer: bool = True
    code: int = 480
    then: Target | None = None

    def __post_init__(self) -> None:
        require_canonical(self.domain)
        require_label("name", self.name)
        if not 1 <= self.times <= MOST_TIMES:
            raise Refused("times", f"{self.times} isn't possible; choose 1 to {MOST_TIMES}.")
        if not 400 <= self.code <= 699:
            raise Refused("code", f"{self.code} is no code of a call that fails; choose 400 to 699, such as 480.")
        if self.then == Target.read(f"announcement:{self.name}"):
            raise Refused("then", f"{self.then} is the announcement itself; choose another target.")
