"""What the rules said of one message, ready to be said again of others that differ in a few words: the blanks.

Blanks are texts that the rules were given in place of such words, and that appear in what they said: wherever they do,
the word of the message at hand goes. So nobody writes the rules' words a second time, and a rule that says something
new is followed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, NamedTuple

from carillon.kamailio import dialogs, ksr, rings
from carillon.kamailio.fetch import NONCES
from carillon.kamailio.means import RANG
from carillon.kamailio.routes import LINE, PART
from carillon.kamailio.tracer import outcome_words
from carillon.routing.decision import (
    AddHeader,
    Challenge,
    Decision,
    DialogEnds,
    DialogRings,
    DialogUp,
    Effect,
    KeepDialog,
    MarkTimer,
    NoteRinging,
    RecordRoute,
    RemoveHeader,
    RingAs,
    SetFrom,
    SpendNonce,
    StripPrivate,
)
from carillon.routing.examples import CALL_ID, TAG
from carillon.routing.ringing import told
from carillon.routing.sessiontimer import PARAMETER as TIMER
from carillon.sip.dialogproof import PARAMETER as PROOF
from carillon.sip.private import PREFIX
from carillon.sip.uri import quoted
from carillon.stores.tracewire import FIELD

Step = tuple[Callable[..., object], tuple[str, ...]]

SEVERAL: Final = -1
"""In place of a dialect: several phones ring, each is told in the words of its maker."""

STRIPPED: Step = (ksr.remove_all_headers_beginning, (PREFIX,))
NOTHING: Step = (str, ())


class Recipe(NamedTuple):
    """`steps` are done one after the other; `words` are for the trace: the outcome and the rules' rows.

    `challenge` is what the engine needs to ask others of the same by itself: two headers, or one and nothing, each
    before and after the end of its nonce, and the words, see route STRANGER of kamailio.cfg.
    """

    steps: tuple[Step, ...]
    words: str
    memo: str
    decision: Decision
    challenge: str = ""

    def done(self, blanks: Mapping[str, str]) -> None:
        """Do what the rules said."""
        for act, values in self.steps:
            act(*[value % blanks for value in values])


def recipe(decision: Decision, blanks: Mapping[str, str], dialect: int = 0, stripped: Step = NOTHING) -> Recipe | None:
    """What was decided with these blanks, by the text that stood for each; None where that cannot be said again.

    `dialect` is that of the phone that rings. `stripped` is how private headers are removed, if there are any.
    """
    steps: list[Step] = []
    for effect in decision.effects:
        step = _step(effect, dialect, stripped)
        if step is None:
            return None
        if step is not NOTHING:
            act, values = step
            steps.append((act, tuple(_with_blanks(value, blanks) for value in values)))
    challenge = ""
    if isinstance(decision.outcome, Challenge):
        challenge = "" if steps else _to_ask(decision, blanks["nonce"])
        for name, value in decision.outcome.headers:
            steps.append((ksr.append_to_reply, (name, _with_blanks(value, blanks))))
    memo = "" if decision.memo is None else str(decision.memo)
    words = _with_blanks(FIELD.join(_words(decision)), blanks)
    return Recipe(tuple(steps), words, _with_blanks(memo, blanks), decision, _with_blanks(challenge, blanks))


def _words(decision: Decision) -> tuple[str, ...]:
    return (*outcome_words(decision.outcome), *(word for row in decision.trace for word in row))


def _to_ask(decision: Decision, nonce: str) -> str:
    """Both headers of a challenge, each around the end of its nonce, and the words; "" if they can't be told apart."""
    assert isinstance(decision.outcome, Challenge)
    headers = [f"{name}: {value}" for name, value in decision.outcome.headers]
    first, second = (*headers, "")[:2]
    parts = (*_around(first, nonce), *_around(second, nonce), LINE.join(_words(decision)))
    return "" if any(PART in part for part in parts) else PART.join(parts)


def _around(header: str, nonce: str) -> tuple[str, str]:
    before, found, after = header.partition(nonce)
    return before + found, after


def _step(effect: Effect, dialect: int, stripped: Step) -> Step | None:  # noqa: PLR0911, PLR0912 -- one row for each effect
    match effect:
        case StripPrivate():
            return stripped
        case RemoveHeader(name):
            return ksr.remove_header, (name,)
        case AddHeader(name, value):
            return ksr.append_header, (name, value)
        case SpendNonce(use, by):
            return ksr.set_shared_text, (NONCES, use, by)
        case SetFrom(name, uri):
            return ksr.set_from, (quoted(name) if name else "", uri)
        case RecordRoute(value, None):
            return ksr.record_dialog, (PROOF, value)
        case MarkTimer(seconds):
            return ksr.mark_route, (f";{TIMER}={seconds}",)
        case NoteRinging():
            return ksr.set_text, (RANG, "yes")
        case RingAs() if dialect == SEVERAL:
            return partial(rings.tell, effect), ()
        case RingAs(_, ring):
            return ksr.append_header, (rings.HEADER, told(ring, dialect))
        case KeepDialog(dialog):
            return dialogs.keep_text, (dialog.call_id, str(dialog), dialog.state)
        case DialogRings():
            return dialogs.rings, (CALL_ID, TAG)
        case DialogUp():
            return dialogs.is_answered, (CALL_ID, TAG)
        case DialogEnds():
            return dialogs.ends, ()
        case _:
            return None


def _with_blanks(text: str, blanks: Mapping[str, str]) -> str:
    """For `%`: the longest texts first, as one may be part of another."""
    names = {value: name for name, value in blanks.items()}
    if not names:
        return text.replace("%", "%%")
    longest = sorted(map(re.escape, names), key=len, reverse=True)
    parts = re.split(f"({'|'.join(longest)})", text)
    return "".join(f"%({names[part]})s" if part in names else part.replace("%", "%%") for part in parts)
