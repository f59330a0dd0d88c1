"""What a service's script has of its call: who calls, what is asked for, and verbs for both."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

from carillon.asterisk.agi.session import Session
from carillon.asterisk.agi.wire import Answer
from carillon.asterisk.guesses import Guesses
from carillon.asterisk.office import Office
from carillon.asterisk.postman import Postman
from carillon.sip.legid import make_leg_id
from carillon.sip.private import Kind
from carillon.stores.callcounts import RedisCallCounts
from carillon.stores.directory import DirectoryReader
from carillon.stores.mailboxes import Mailboxes
from carillon.stores.ports import HandOver, HandOvers, StoreDown
from carillon.stores.prompts import Prompts
from carillon.stores.secretring import SecretsReader

ANY_KEY = "0123456789*#"
WAIT_MS = 5000


@dataclass(frozen=True, slots=True)
class Recordings:
    """Where the media relay takes commands (host, port), and the spool of recordings."""

    relay: tuple[str, int]
    spool: Path


@dataclass(frozen=True, slots=True)
class Means:
    """What all scripts share: the truth, the hand-over to Kamailio's inbound leg, the directory, voicemail, counts."""

    office: Office
    handovers: HandOvers
    directory: DirectoryReader
    mailboxes: Mailboxes
    postman: Postman
    guesses: Guesses
    prompts: Prompts
    counts: RedisCallCounts
    recordings: Recordings
    secrets: SecretsReader


class Call:
    """A call that a service has. `argument` is what stands behind the service's name: `102` of `voicemail:102`.

    `caller` and `called` are addresses of record (`101@example.org`); `called` is what was dialled, or who was called
    before the call came here. `origin` is internal or external. `been` are the services that had the call, this
    one too. Nothing is answered until a verb says so.
    """

    def __init__(self, session: Session, means: Means, service: str) -> None:
        self.session, self.directory, self._means = session, means.directory, means
        self.mailboxes, self.postman, self.guesses = means.mailboxes, means.postman, means.guesses
        self.prompts, self.counts, self.recordings = means.prompts, means.counts, means.recordings
        words = [session.about.get(f"arg_{place}", "") for place in range(1, 6)]
        self.argument, self.leg, self.caller, self.called, self.origin = words
        self.been = frozenset({f"{service}:{self.argument}"})

    def at(self, service: str, argument: str) -> Call:
        """The same call, at another service."""
        other = copy(self)
        other.argument, other.been = argument, self.been | {f"{service}:{argument}"}
        return other

    @property
    def domain(self) -> str:
        """The domain that the call is in."""
        return self.called.rpartition("@")[2]

    @property
    def extension(self) -> str:
        """The caller's own extension, or his number outside."""
        return self.caller.partition("@")[0]

    async def answer(self) -> None:
        """Pick up. Other verbs that speak or listen do it by themselves."""
        await self.session.says("ANSWER")

    async def runs(self, application: str, *arguments: object) -> Answer:
        """Let Asterisk's dial plan application run, such as `Echo` or `Pickup`."""
        return await self.session.says("EXEC", application, ",".join(map(str, arguments)))

    async def goes(self, subroutine: str, *arguments: object) -> None:
        """Run a subroutine of the dial plan, to its Return."""
        await self.session.says("GOSUB", subroutine, "s", 1, ",".join(map(str, arguments)))

    async def variable(self, name: str) -> str:
        """A variable or function of the dial plan, "" when it is not set."""
        return (await self.session.says("GET FULL VARIABLE", f"${{{name}}}")).text

    async def sets(self, name: str, value: object) -> None:
        """Set a variable or function of the dial plan."""
        await self.session.says("SET VARIABLE", name, value)

    async def plays(self, *sounds: str, keys: str = "") -> str:
        """Say these of Asterisk's sounds, one after the other; one of `keys` ends it, and is returned."""
        await self.answer()
        for sound in sounds:
            pressed = (await self.session.says("STREAM FILE", sound, keys)).key
            if pressed:
                return pressed
        return ""

    async def says_digits(self, digits: str, keys: str = "") -> str:
        """Say digits one by one."""
        await self.answer()
        return (await self.session.says("SAY DIGITS", digits, keys)).key

    async def says_number(self, number: int, keys: str = "") -> str:
        """Say a number as a word."""
        await self.answer()
        return (await self.session.says("SAY NUMBER", number, keys)).key

    async def says_time(self, at: float, timezone: str, keys: str = "", written: str = "IMp") -> str:
        """Say a moment (Unix seconds) as a clock in `timezone` shows it; `written` as of Asterisk's SayUnixTime."""
        await self.answer()
        return (await self.session.says("SAY DATETIME", int(at), keys, written, timezone)).key

    async def asks(self, sound: str, most: int, wait_ms: int = WAIT_MS) -> str:
        """Say a sound and collect up to `most` keys; `#` ends them, as does a pause."""
        await self.answer()
        return (await self.session.says("GET DATA", sound, wait_ms, most)).typed

    async def waits_for_key(self, wait_ms: int = WAIT_MS) -> str:
        """The next key, "" when none comes."""
        return (await self.session.says("WAIT FOR DIGIT", wait_ms)).key

    async def records(self, place: Path, longest_s: int, silence_s: int = 10) -> None:
        """A tone, then record to `place`.wav until a key, silence, the longest time or the end of the call."""
        await self.answer()
        limits = (longest_s * 1000, 0, "BEEP", f"s={silence_s}")
        await self.session.says("RECORD FILE", place, "wav", ANY_KEY, *limits)

    async def questions(self, question: str, *arguments: Any) -> Any:
        """Ask the truth something, one of `changes.QUESTIONS`. Raises `model.refused.Refused`."""
        return await self._means.office.asks(question, f"phone {self.caller}", *arguments)

    async def makes(self, caller: str, name: str, called: str) -> None:
        """Let this channel be the inbound leg of a call of ours: who calls whom, by address of record."""
        leg = make_leg_id(self._means.secrets.now(), token_hex(12))
        told = {"LEG": leg, "CALLER": caller, "CALLED": called, "ORIGIN": "internal"}
        for variable, value in told.items():
            await self.sets(f"_{variable}", value)
        await self.sets("CALLERID(all)", f'"{name}" <{caller.partition("@")[0]}>')
        await self.sets("VIA", Kind.SERVICE)  # this channel is nobody's: his phones are called by it

    async def changes(self, change: str, *arguments: Any) -> Any:
        """Change the truth, in the caller's name, and put that in force; `change` is one of `office.CHANGES`.

        Raises `model.refused.Refused`.
        """
        return await self._means.office.asks(change, f"phone {self.caller}", *arguments)

    async def confirms(self, *sounds: str) -> None:
        """Tell the caller that it is done, by these sounds or by a tone; then the call ends."""
        await self.runs("Wait", "0.3")
        await self.plays(*(sounds or ("beep",)))

    async def denies(self, *sounds: str) -> None:
        """Tell the caller, who is connected, that it can't be done; then the call ends."""
        await self.plays(*(sounds or ("beeperr",)))

    async def refuses(self, code: int, reason: str, why: str = "") -> None:
        """Refuse a call that was not answered: `code` and `reason` reach the caller, `why` as a Warning."""
        headers = (("Warning", f'399 {self.domain} "{why}"'),) if why else ()
        try:
            self._means.handovers.put(self.leg, HandOver(code, reason, headers))
        except StoreDown as down:  # the code arrives all the same
            print(f"hand-over: {down}", flush=True)
        await self.sets("CODE", code)

    async def done(self) -> None:
        """The script has done its work: without this word the dial plan takes the call for lost."""
        await self.sets("SERVED", "yes")
