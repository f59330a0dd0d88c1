"""PUBLISH: what becomes of a publication (RFC 3903 §6). Pure: what is stored comes in, what is to be goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from carillon.model.presence import PresenceState
from carillon.presence import pidf
from carillon.presence.xml import BadDocument

SHORTEST_S: Final = 60
LONGEST_S: Final = 3600
DEFAULT_S: Final = 3600
MOST: Final = 10
"""Publications of one person at a time: as many as he has contacts."""

Header = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Publish:
    """A PUBLISH for somebody (`aor`), who sent it himself. `expires_s` None: it doesn't say; `tag`: SIP-If-Match."""

    aor: str
    event: str
    expires_s: int | None
    tag: str
    content_type: str
    body: str


@dataclass(frozen=True, slots=True)
class Publication:
    """What is kept of one: `since` is when its words were last changed, `until` when it ends (Unix seconds)."""

    tag: str
    state: PresenceState
    note: str | None
    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the phone is told, and what is to be done before: forget the tag `forget`, keep `keep`."""

    code: int
    reason: str
    headers: tuple[Header, ...] = ()
    forget: str = ""
    keep: Publication | None = None


def answer(publish: Publish, stored: tuple[Publication, ...], now: float, fresh_tag: str) -> Answer:
    """What a PUBLISH comes to. `stored` are the person's publications, also those that have ended."""
    alive = {each.tag: each for each in stored if each.until > now}
    refused = _refused(publish, alive)
    if refused:
        return refused
    before, lifetime_s = alive.get(publish.tag), _lifetime_s(publish)
    if lifetime_s == 0:
        return Answer(200, "OK", _headers(fresh_tag, 0), forget=publish.tag)
    try:
        keep = _kept(publish, before, now, fresh_tag, lifetime_s)
    except BadDocument as bad:
        return Answer(400, "Bad Presence Document", (("Warning", f'399 carillon "{_plain(str(bad))}"'),))
    return Answer(200, "OK", _headers(fresh_tag, lifetime_s), publish.tag, keep)


def _refused(publish: Publish, alive: dict[str, Publication]) -> Answer | None:  # noqa: PLR0911 -- one for each fault
    if publish.event != "presence":
        return Answer(489, "Bad Event", (("Allow-Events", "presence"),))
    if publish.tag and publish.tag not in alive:
        return Answer(412, "Conditional Request Failed")
    if publish.body and publish.content_type != pidf.TYPE:
        return Answer(415, "Unsupported Media Type", (("Accept", pidf.TYPE),))
    if not publish.body and not publish.tag:
        return Answer(400, "A First Publication Needs A Body")
    if publish.expires_s is not None and 0 < publish.expires_s < SHORTEST_S:
        return Answer(423, "Interval Too Brief", (("Min-Expires", str(SHORTEST_S)),))
    if not publish.tag and len(alive) >= MOST:
        return Answer(403, "Too Many Publications")
    return None


def _lifetime_s(publish: Publish) -> int:
    return min(DEFAULT_S if publish.expires_s is None else publish.expires_s, LONGEST_S)


def _kept(publish: Publish, before: Publication | None, now: float, tag: str, lifetime_s: int) -> Publication:
    """A body that says what was said before is a refresh, as some phones send it: it isn't newer than others' words."""
    if not publish.body:
        assert before is not None
        return Publication(tag, before.state, before.note, before.since, now + lifetime_s)
    said = pidf.read(publish.body)
    same = before is not None and (before.state, before.note) == (said.state, said.note)
    since = before.since if before is not None and same else now
    return Publication(tag, said.state, said.note, since, now + lifetime_s)


def _headers(tag: str, seconds: int) -> tuple[Header, ...]:
    return ("SIP-ETag", tag), ("Expires", str(seconds))


def _plain(words: str) -> str:
    """Words in a header: no quotes, no line ends."""
    return "".join(each if each.isprintable() and each not in '"\\' else " " for each in words)[:160]
