"""A hand-made watcher: subscribes, answers every NOTIFY, and shows what it was told."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from email import message_from_string
from typing import TYPE_CHECKING
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tests.phones.compose import Headers
from tests.phones.message import Message, uri_of
from tests.phones.raw import PATIENCE, RawAgent
from tests.schemas.valid import faults

from carillon.presence import featurekeys

if TYPE_CHECKING:
    from tests.live.company import Company

PIDF = "{urn:ietf:params:xml:ns:pidf}"
RPID = "{urn:ietf:params:xml:ns:pidf:rpid}"
MODEL = "{urn:ietf:params:xml:ns:pidf:data-model}"
DIALOG = "{urn:ietf:params:xml:ns:dialog-info}"
WATCHERS = "{urn:ietf:params:xml:ns:watcherinfo}"


class Watch:
    """One subscription. `told` are all NOTIFYs that came, in order."""

    def __init__(
        self, agent: RawAgent, whom: str, event: str = "presence", expires: int = 600, headers: Headers = ()
    ) -> None:
        self.agent, self.whom, self.event = agent, whom, event
        own = [("Event", event), ("Expires", str(expires)), *headers]
        request = agent.request("SUBSCRIBE", whom, headers=own)
        self.answer = agent.authenticated(request)
        assert self.answer.code == 200, self.answer.text
        self.told: list[Message] = []
        self.next()

    @property
    def call_id(self) -> str:
        """Of its dialog."""
        return self.answer.header("Call-ID") or ""

    def next(self, timeout: float = PATIENCE) -> Message:
        """The next NOTIFY of this subscription, answered, and valid by its schema; raises TimeoutError (seconds)."""
        mine = self.answer.header("Call-ID")
        told = self.agent.await_message(
            lambda each: each.code is None and each.method == "NOTIFY" and each.header("Call-ID") == mine,
            timeout,
            f"NOTIFY of {self.event}",
        )
        self.agent.respond(told, 200)
        if (told.header("Content-Type") or "").endswith("+xml"):
            assert faults(told.body) == [], told.body
        self.told.append(told)
        return told

    def until(self, fits: Callable[[Message], bool], timeout: float = 30.0) -> Message:
        """The first NOTIFY that fits, from the last one that came on; raises TimeoutError (seconds)."""
        deadline = time.monotonic() + timeout
        while not fits(self.told[-1]):
            self.next(max(deadline - time.monotonic(), 0))
        return self.told[-1]

    def again(self, expires: int = 600, body: str = "", kind: str = "") -> Message:
        """Refresh the subscription, or end it with 0, saying something of a kind; the answer."""
        routes = [uri_of(value) for value in reversed(self.answer.headers("Record-Route"))]
        request = self.agent.request(
            "SUBSCRIBE",
            uri_of(self.answer.header("Contact") or ""),
            routes=routes,
            headers=[("Event", self.event), ("Expires", str(expires)), *([("Content-Type", kind)] if kind else [])],
            body=body,
            from_=self.answer.header("From") or "",
            to=self.answer.header("To") or "",
            call_id=self.answer.header("Call-ID") or "",
        )
        return self.agent.authenticated(request)


class KeysWatch(Watch):
    """A phone whose keys show its person's do not disturb and forwarding, and set them."""

    def __init__(self, agent: RawAgent, own: str) -> None:
        super().__init__(agent, own, featurekeys.EVENT)

    def shows(self, told: Message | None = None) -> dict[str, str]:
        """Each key: `true`, or to whom calls go; "" for what is off."""
        told = told or self.told[-1]
        assert told.header("Event") == featurekeys.EVENT
        mixed = message_from_string(f"Content-Type: {told.header('Content-Type')}\r\n\r\n{told.body}")
        found: dict[str, str] = {}
        for part in mixed.get_payload():
            assert not isinstance(part, str)
            fields = {
                each.tag.rpartition("}")[2]: each.text or "" for each in ElementTree.fromstring(part.get_payload())
            }
            if "doNotDisturbOn" in fields:
                found["dnd"] = fields["doNotDisturbOn"].replace("false", "")
            else:
                found[fields["forwardingType"]] = fields.get("forwardTo", "")
        return found

    def sets(self, name: str, kind: str = featurekeys.TYPE, **fields: str) -> int:
        """Somebody presses a key; the code of the answer."""
        inside = "".join(f"<{field}>{value}</{field}>" for field, value in fields.items())
        body = f"<{name} xmlns='http://www.ecma-international.org/standards/ecma-323/csta/ed3'>{inside}</{name}>"
        return self.again(body=body, kind=kind).code or 0

    def show(self, key: str, what: str) -> None:
        """Wait until a key shows this."""
        self.until(lambda told: self.shows(told)[key] == what)


def publishes(agent: RawAgent, body: str, *, tag: str = "", expires: int = 600, **fields: str) -> Message:
    """Send a PUBLISH of one's own presence; the answer."""
    headers = [("Event", fields.pop("event", "presence")), ("Expires", str(expires))]
    headers += [("SIP-If-Match", tag)] if tag else []
    headers += [("Require", fields.pop("requires"))] if "requires" in fields else []
    headers += [("Content-Type", fields.pop("kind", "application/pidf+xml"))] if body else []
    uri = fields.pop("uri", f"sip:{agent.user}@{agent.domain}")
    return agent.authenticated(agent.request("PUBLISH", uri, headers=headers, body=body, contact="", **fields))


def document(entity: str, activity: str, note: str = "") -> str:
    """What a phone publishes."""
    activities = f"<rpid:activities><rpid:{activity}/></rpid:activities>" if activity else ""
    return (
        f"<?xml version='1.0' encoding='UTF-8'?><presence xmlns='{PIDF[1:-1]}' xmlns:dm='{MODEL[1:-1]}' "
        f"xmlns:rpid='{RPID[1:-1]}' entity='{entity}'><tuple id='t'><status><basic>open</basic></status></tuple>"
        f"<dm:person id='p'>{activities}"
        f"<dm:note>{escape(note)}</dm:note></dm:person>"
        "</presence>"
    )


def activities(told: Message) -> list[str]:
    """The activities in a presence document."""
    found = ElementTree.fromstring(told.body.encode()).iter(f"{RPID}activities")
    return [each.tag.removeprefix(RPID) for group in found for each in group]


def is_open(told: Message) -> bool:
    """Whether the person has a phone."""
    basic = ElementTree.fromstring(told.body.encode()).find(f".//{PIDF}basic")
    return basic is not None and basic.text == "open"


def note(told: Message) -> str:
    """The person's note."""
    found = ElementTree.fromstring(told.body.encode()).find(f".//{MODEL}note")
    return "" if found is None else found.text or ""


def dialogs(told: Message) -> list[ElementTree.Element]:
    """The calls in a document of lamps."""
    return list(ElementTree.fromstring(told.body.encode()).iter(f"{DIALOG}dialog"))


def watchers(told: Message) -> dict[str, str]:
    """Who watches, and whether he may, in a document of watchers."""
    found = ElementTree.fromstring(told.body.encode()).iter(f"{WATCHERS}watcher")
    return {(each.text or "").strip(): each.get("status", "") for each in found}


def version(told: Message) -> int:
    """The version of a document of lamps."""
    return int(re.findall(r'version="(\d+)"', told.body)[0])


def kept(company: Company) -> list[object]:
    """The subscriptions of a company that the presence server has written."""
    with closing(sqlite3.connect(company.building.paths.subscriptions)) as store:
        return store.execute("SELECT 1 FROM active_watchers WHERE to_domain = ?", (company.domain,)).fetchall()
