"""One telephone in one process: commands come in and events go out, as lines of JSON.

Run by `phone.Phone` as `python -m tests.phones.worker`; the first line in is its `Settings`.
One process per phone, as pjsua2 holds 4 calls and can't ring twice for one address. At the end of its
standard input it leaves, so none outlives its test.
"""

from __future__ import annotations

import json
import os
import select
import sys
import time
from typing import Any

import pjsua2 as pj
from tests.phones.earpiece import Earpiece
from tests.phones.line import Line, Sound
from tests.phones.settings import Settings
from tests.phones.stack import account_config, start_stack, start_tone

POLL_MS = 10
FAREWELL_SECONDS = 1.5  # for the answers to BYE and to the removal of the registration


ACTIVITIES = {"away": pj.PJRPID_ACTIVITY_AWAY, "busy": pj.PJRPID_ACTIVITY_BUSY}


class Friend(pj.Buddy):  # type: ignore[misc]
    """Somebody on the phone's list."""

    def __init__(self, telephone: Telephone, uri: str) -> None:
        super().__init__()
        self.telephone = telephone
        config = pj.BuddyConfig()
        config.uri = uri
        self.create(telephone, config)

    def onBuddyState(self) -> None:
        """Say what the phone shows of him."""
        known = self.getInfo()
        status = known.presStatus
        activity = next((name for name, value in ACTIVITIES.items() if value == status.activity), "")
        online = status.status == pj.PJSUA_BUDDY_STATUS_ONLINE
        self.telephone.emit(
            "friend", uri=known.uri, online=online, activity=activity, note=status.note, subscription=known.subStateName
        )


class Telephone(pj.Account):  # type: ignore[misc]
    """The account, its lines, and a method per command (`do_…`)."""

    def __init__(self, settings: Settings, events: Any) -> None:
        super().__init__()
        self.settings, self._events, self._count = settings, events, 0
        self.lines: dict[int, Line] = {}
        self.registered = False
        """What the registrar said last."""
        self._friends: dict[str, Friend] = {}
        self._ears: list[Earpiece] = []  # those that no line uses; never destroyed, as the media thread has them
        self.endpoint = start_stack(settings)
        self.tone = start_tone(settings.tone)
        self.create(account_config(settings))

    def emit(self, event: str, **fields: Any) -> None:
        """Tell the test; `at` is the monotonic clock in seconds, the same for all processes of this machine."""
        self._events.write(json.dumps({"event": event, "at": time.monotonic(), **fields}) + "\n")

    def contact(self) -> str:
        """Give the URI at which the phone is reached without a proxy."""
        transport = self.endpoint.transportGetInfo(self.endpoint.transportEnum()[0])
        kind = self.settings.transport
        return f"sip:{self.settings.user}@{transport.localName}" + (f";transport={kind}" if kind != "udp" else "")

    def new_line(self, call_id: int = pj.PJSUA_INVALID_ID) -> Line:
        """Make a line, for a call that is there already (`call_id`) or will be."""
        self._count += 1
        ear = self._ears.pop() if self._ears else Earpiece(self.settings.listens_for)
        line = self.lines[self._count] = Line(self, self, self._count, Sound(self.tone, ear), call_id)
        return line

    def onRegState(self, prm: pj.OnRegStateParam) -> None:
        """Say how a registration went."""
        self.registered = self.getInfo().regIsActive
        self.emit(
            "registration",
            code=int(prm.code),
            reason=prm.reason,
            expires=prm.expiration,
            active=self.registered,
            text=prm.rdata.wholeMsg,
        )

    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:
        """Say who calls, with the whole message, and ring."""
        line = self.new_line(prm.callId)
        self.emit("incoming", call=line.number, text=prm.rdata.wholeMsg)
        if self.settings.rings:
            line.answer(_parameters(180))

    def onInstantMessage(self, prm: pj.OnInstantMessageParam) -> None:
        """Say what somebody writes."""
        self.emit("message", sender=prm.fromUri, body=prm.msgBody, text=prm.rdata.wholeMsg)

    def onInstantMessageStatus(self, prm: pj.OnInstantMessageStatusParam) -> None:
        """Say what became of a message of ours."""
        self.emit("written", code=int(prm.code), reason=prm.reason)

    def tend(self) -> None:
        """Do what is due outside of pjsua2's callbacks: say what is heard, clear the lines of ended calls."""
        for line in list(self.lines.values()):
            for verdict, frequency, since in line.sound.ear.judge():
                self.emit(verdict, call=line.number, frequency=frequency, since=since)
            if line.over:
                del self.lines[line.number]
                line.sound.ear.listen()
                self._ears.append(line.sound.ear)

    def do_register(self) -> None:
        """Register, or refresh."""
        self.setRegistration(True)

    def do_unregister(self) -> None:
        """Remove the registration."""
        self.setRegistration(False)

    def do_dial(self, uri: str, headers: list[list[str]]) -> int:
        """Call a URI; gives the line's number."""
        line = self.new_line()
        try:
            line.makeCall(uri, _parameters(headers=headers))
        except pj.Error:
            line.over = True
            raise
        return line.number

    def do_answer(self, call: int, code: int, reason: str = "", headers: Any = ()) -> None:
        """Answer an incoming call with any code from 180 to 699."""
        self.lines[call].answer(_parameters(code, reason, headers))

    def do_hangup(self, call: int) -> None:
        """End a call, or give up calling; a call that is over already is left alone."""
        if call in self.lines:
            self.lines[call].hangup(_parameters())

    def do_hold(self, call: int) -> None:
        """Put the other side on hold."""
        self.lines[call].setHold(_parameters())

    def do_resume(self, call: int) -> None:
        """Take the other side back."""
        parameters = _parameters()
        parameters.opt.flag = pj.PJSUA_CALL_UNHOLD
        self.lines[call].reinvite(parameters)

    def do_dtmf(self, call: int, digits: str) -> None:
        """Press keys (RFC 4733)."""
        self.lines[call].dialDtmf(digits)

    def do_transfer(self, call: int, uri: str) -> None:
        """Send the other side to a URI, blindly."""
        self.lines[call].xfer(uri, _parameters())

    def do_transfer_to(self, call: int, other: int) -> None:
        """Join the other sides of two calls."""
        self.lines[call].xferReplaces(self.lines[other], _parameters())

    def do_watch(self, uri: str) -> None:
        """Watch somebody's presence."""
        self._friend(uri).subscribePresence(True)

    def do_write(self, uri: str, body: str) -> None:
        """Send somebody a message."""
        message = pj.SendInstantMessageParam()
        message.content = body
        self._friend(uri).sendInstantMessage(message)

    def do_publish(self, activity: str, note: str) -> None:
        """Say how the user is: `away`, `busy` or nothing special."""
        status = pj.PresenceStatus()
        status.status, status.note = pj.PJSUA_BUDDY_STATUS_ONLINE, note
        status.activity = ACTIVITIES.get(activity, pj.PJRPID_ACTIVITY_UNKNOWN)
        self.setOnlineStatus(status)

    def _friend(self, uri: str) -> Friend:
        if uri not in self._friends:
            self._friends[uri] = Friend(self, uri)
        return self._friends[uri]

    def do_listen(self, call: int) -> float:
        """Say anew what is heard in a call; gives since when (monotonic clock, seconds)."""
        self.lines[call].sound.ear.listen()
        return time.monotonic()

    def do_quit(self) -> None:
        """Hang up, remove the registration, leave."""
        deadline = time.monotonic() + FAREWELL_SECONDS
        self.endpoint.hangupAllCalls()
        self.registered = self.getInfo().regIsActive  # which ends with the first request, before any challenge
        if self.registered:
            self.setRegistration(False)
        while (self.lines or self.registered) and time.monotonic() < deadline:
            self.endpoint.libHandleEvents(POLL_MS)
            self.tend()
        os._exit(0)  # the library asserts when Python takes its objects apart in an order of its own

    def obey(self, command: str) -> None:
        """Do one command, and say that it is done or why it isn't."""
        fields = json.loads(command)
        number, name = fields.pop("number"), fields.pop("command")
        try:
            self.emit("done", number=number, result=getattr(self, f"do_{name}")(**fields))
        except pj.Error as error:
            self.emit("failed", number=number, why=error.info())
        except KeyError as error:
            self.emit("failed", number=number, why=f"no call {error} any more")


def _parameters(code: int = 0, reason: str = "", headers: Any = ()) -> pj.CallOpParam:
    parameters = pj.CallOpParam(True)
    parameters.statusCode, parameters.reason = code, reason
    for name, value in headers:
        header = pj.SipHeader()
        header.hName, header.hValue = name, value
        parameters.txOption.headers.append(header)
    return parameters


def main() -> None:
    """Be a phone until told to quit."""
    events = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # the library's own chatter must not mix with our lines
    commands = os.fdopen(0, "rb", buffering=0)
    telephone = Telephone(Settings.from_json(commands.readline().decode()), events)
    telephone.emit("ready", pid=os.getpid(), contact=telephone.contact())
    unread = b""
    while True:
        telephone.endpoint.libHandleEvents(POLL_MS)
        telephone.tend()
        if select.select([commands], [], [], 0)[0]:
            piece = commands.read(65536)
            if not piece:
                sys.stderr.flush()
                os._exit(0)
            *lines, unread = (unread + piece).split(b"\n")
            for line in lines:
                telephone.obey(line.decode())


if __name__ == "__main__":
    main()
