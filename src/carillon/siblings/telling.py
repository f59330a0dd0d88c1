"""Telling one sibling: which phones have their home here and who has calls here, all first, then each change; and that
we are up.

Calls, places and bans ride beside that word, where a sibling of an older version does not look.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol

from carillon.siblings import publications
from carillon.siblings.bans import Row
from carillon.siblings.calls import Person, row
from carillon.siblings.mirror.inventory import Moment
from carillon.siblings.places import Row as Place
from carillon.siblings.publications import Publications
from carillon.siblings.settings import Peer, Settings, name_in, renew
from carillon.siblings.told import rows
from carillon.siblings.wire import BEAT_S, bound_to, quick_to_fail
from carillon.stores.keptcopies import Place as KeptPlace
from carillon.stores.registrationjournal import Binding
from carillon.stores.removals import Row as Removed

AGAIN_S = 1.0
A_LINE = 200
"""Places in one line."""
CONNECT_S = 3.0
AT_ONE_TIME_S = 0.05
REMEMBERED = 1000
NOBODY = Person()


class Home(Protocol):
    """What there is to tell."""

    phones: dict[str, tuple[Binding, ...]]
    serving: bool
    leaving: bool
    knows_phones: bool
    secret: str
    wording: Wording

    @property
    def calls(self) -> Mapping[str, Person]:
        """Who has calls here."""

    @property
    def publications(self) -> Mapping[str, Publications]:
        """What is published of whom here."""

    @property
    def places(self) -> Mapping[str, frozenset[str]]:
        """Under which limits calls here count, by leg."""

    @property
    def bans(self) -> list[Row]:
        """What this node has imposed."""

    @property
    def mirrored(self) -> Moment | None:
        """How far this node's voice messages and announcements are, None when it copies none."""

    def removed(self, name: str) -> list[Removed]:
        """What phones of that sibling have taken away here."""

    def kept(self, name: str) -> KeptPlace | None:
        """How far the messages that are kept here go, for that sibling."""


class Wording:
    """Lines about people's calls: those that several siblings are told at one time are written once."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Person, bool, float, bytes]] = {}

    def line(self, aor: str, person: Person, serving: bool) -> bytes:
        """What is told of somebody now; ages in it are a moment old at most."""
        known, now = self._known.get(aor), time.monotonic()
        if known and known[0] is person and known[1] is serving and now - known[2] < AT_ONE_TIME_S:
            return known[3]
        if len(self._known) > REMEMBERED:
            self._known.clear()
        text = _line({"serving": serving, "calls": row(aor, person, time.time())})
        self._known[aor] = person, serving, now, text
        return text


class Telling:
    """One connection, made again whenever it ends."""

    def __init__(self, settings: Settings, peer: Peer, home: Home) -> None:
        self._settings, self._peer, self._home = settings, peer, home
        self._context = settings.context(server=False)
        self._news: dict[str, None] = {}
        self._calls: dict[str, None] = {}
        self._places: dict[str, None] = {}
        self._published: dict[str, None] = {}
        self._claims: list[Place] = []
        self._bans: list[Row] = []
        self._removed: list[Removed] = []
        self._lines: list[bytes] = []
        self._wants_all = self._mirrored = False
        self._woken, self._left = asyncio.Event(), asyncio.Event()
        self._connected = False
        self._beat_at, self._stated = 0.0, False
        self._kept: KeptPlace | None = None
        self._said = self._secret = ""

    def knows(self) -> None:
        """All phones are known now."""
        self._woken.set()

    async def leaves(self) -> None:
        """Until the sibling was told that this node no longer serves, if it is connected."""
        self._woken.set()
        if self._connected:
            await self._left.wait()

    def renewed(self) -> None:
        """This node has another secret now."""
        self._woken.set()

    def changed(self, aor: str) -> None:
        """An address of record has other contacts now."""
        self._news[aor] = None
        self._woken.set()

    def calls_changed(self, aor: str) -> None:
        """A person has other calls now."""
        self._calls[aor] = None
        self._woken.set()

    def published(self, aor: str) -> None:
        """A phone has published something else of a person."""
        self._published[aor] = None
        self._woken.set()

    def place_changed(self, leg: str) -> None:
        """A call counts for others now, or has ended."""
        self._places[leg] = None
        self._woken.set()

    def claimed(self, row: Place) -> None:
        """A leg has taken places, or given them back."""
        self._claims.append(row)
        self._woken.set()

    def banned(self, row: Row) -> None:
        """Somebody is banned now, or no longer."""
        self._bans.append(row)
        self._woken.set()

    def mirrored(self) -> None:
        """There is something new to copy."""
        self._mirrored = True
        self._woken.set()

    @property
    def name(self) -> str:
        """That of the sibling."""
        return self._peer.name

    def removed(self, row: Removed) -> None:
        """One of its phones has taken itself away here."""
        self._removed.append(row)
        self._woken.set()

    def wakes(self) -> None:
        """Something that rides beside the next word is another."""
        self._woken.set()

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                await self._tell()
            except (OSError, TimeoutError, EOFError) as error:
                self._say(_words(error))
            await asyncio.sleep(AGAIN_S)

    async def _tell(self) -> None:
        with suppress(OSError):  # in the midst of a renewal: the one of before will do
            renew(self._context, self._settings.nodes)
        there = self._peer.address
        opening = asyncio.open_connection(
            there, self._peer.port, ssl=self._context, local_addr=bound_to(self._settings.listen[0], there)
        )
        reader, writer = await asyncio.wait_for(opening, CONNECT_S)
        heeding = asyncio.ensure_future(self._heed(reader))
        try:
            quick_to_fail(writer)
            if (name := name_in(writer.get_extra_info("peercert"))) != self._peer.name:
                raise ConnectionError(f"it shows the certificate of {name}")
            self._say("")
            self._wants_all = self._connected = self._mirrored = True
            self._secret = ""
            while not heeding.done():
                self._woken.clear()  # what comes while this is told wakes again
                if self._wants_all and self._home.knows_phones:
                    self._wants_all = False
                    await self._say_all(writer)
                await self._say_news(writer)
                beat = asyncio.get_running_loop().call_later(BEAT_S, self._woken.set)
                await self._woken.wait()
                beat.cancel()
            heeding.result()
        finally:
            self._connected = False
            heeding.cancel()
            writer.close()

    async def _heed(self, reader: asyncio.StreamReader) -> None:
        """What it says is that it wants everything again. Raises EOFError when it says no more."""
        try:
            while await reader.readline():
                self._wants_all = True
                self._woken.set()
            raise EOFError("it has closed the connection")
        finally:
            self._woken.set()

    async def _say_all(self, writer: asyncio.StreamWriter) -> None:
        self._news.clear()
        self._calls.clear()
        self._places.clear()
        self._claims.clear()
        self._lines.clear()
        self._bans = self._home.bans
        self._removed = self._home.removed(self.name)
        self._put({"all": "begins"})
        for aor, phones in list(self._home.phones.items()):
            self._say_one(aor, phones)
            await self._give(writer)
        self._put({"all": "ends"})
        self._say_calls("begins")
        for aor in list(self._home.calls):
            self._say_calls(aor)
            await self._give(writer)
        self._say_calls("ends")
        self._published.clear()
        self._say_published("begins")
        for aor in list(self._home.publications):
            self._say_published(aor)
        self._say_published("ends")
        self._say_places("begins")
        self._say_places(list(self._home.places))
        self._say_places("ends")

    async def _say_news(self, writer: asyncio.StreamWriter) -> None:
        for aor in list(self._news):
            self._news.pop(aor, None)
            self._say_one(aor, self._home.phones.get(aor, ()))
        for aor in list(self._calls):
            self._calls.pop(aor, None)
            self._say_calls(aor)
        for aor in list(self._published):
            self._published.pop(aor, None)
            self._say_published(aor)
        self._say_places(list(self._places))
        self._places.clear()
        news = {"bans": self._bans, "claims": self._claims, "removed": self._removed}
        self._bans, self._claims, self._removed = [], [], []
        serving = self._home.serving
        secret, kept = self._home.secret, self._home.kept(self.name)
        mirrored = self._home.mirrored if self._mirrored else None
        is_new = any(news.values()) or secret != self._secret or kept != self._kept or mirrored
        if is_new or self._is_beat_due():
            self._beat_at, self._stated = time.monotonic() + BEAT_S, serving
            beat: dict[str, object] = {"serving": serving, "clock": round(time.time(), 1)}
            if kept is not None:
                beat["kept"] = kept
            if self._home.leaving:
                beat["leaving"] = True
            if mirrored:
                beat["mirror"], self._mirrored = mirrored, False
            if secret != self._secret:
                beat["secret"] = secret
            self._secret, self._kept = secret, kept
            self._put({**beat, **{name: rows for name, rows in news.items() if rows}})
        async with asyncio.timeout(CONNECT_S):
            await self._give(writer)
        if not serving:
            self._left.set()

    def _is_beat_due(self) -> bool:
        """What is said of calls says meanwhile that this node is up."""
        home = self._home
        return not self._lines or home.leaving or home.serving != self._stated or time.monotonic() >= self._beat_at

    def _put(self, line: Mapping[str, object]) -> None:
        self._lines.append(_line(line))

    async def _give(self, writer: asyncio.StreamWriter) -> None:
        """All lines at once: each would be a record of TLS, and a packet."""
        writer.write(b"".join(self._lines))
        self._lines.clear()
        await writer.drain()

    def _say_one(self, aor: str, phones: tuple[Binding, ...]) -> None:
        self._put({"aor": aor, "has": rows(phones, int(time.time()))})

    def _say_calls(self, of: str) -> None:
        """Who has which calls here; where all of it `begins`, and `ends`."""
        home = self._home
        if "@" in of:
            self._lines.append(home.wording.line(of, home.calls.get(of, NOBODY), home.serving))
        else:
            self._put({"serving": home.serving, "calls": of})

    def _say_published(self, of: str) -> None:
        """What is published of whom here; where all of it `begins`, and `ends`."""
        told = of if "@" not in of else publications.row(of, self._home.publications.get(of, ()), time.time())
        self._put({"serving": self._home.serving, "published": told})

    def _say_places(self, of: str | list[str]) -> None:
        """Under which limits these calls count; where all of it `begins`, and `ends`."""
        held = self._home.places
        parts = [of] if isinstance(of, str) else [of[start : start + A_LINE] for start in range(0, len(of), A_LINE)]
        for part in parts:
            told = part if isinstance(part, str) else [[leg, sorted(held.get(leg, ()))] for leg in part]
            self._put({"serving": self._home.serving, "places": told})

    def _say(self, words: str) -> None:
        if words != self._said:
            said = words or "connected"
            print(f"siblings: {self._peer.name}: {said}", file=sys.stderr, flush=True)
        self._said = words


def _line(told: Mapping[str, object]) -> bytes:
    return json.dumps(told).encode() + b"\n"


def _words(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not of this system: {error.verify_message}"
    return str(error) or "no answer in time"
