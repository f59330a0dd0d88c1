"""One call as a phone process sees it: what pjsua2 calls back becomes an event, and sound goes to an ear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import pjsua2 as pj
from tests.phones.earpiece import Earpiece

STATES = {
    pj.PJSIP_INV_STATE_CALLING: "calling",
    pj.PJSIP_INV_STATE_INCOMING: "incoming",
    pj.PJSIP_INV_STATE_EARLY: "early",
    pj.PJSIP_INV_STATE_CONNECTING: "connecting",
    pj.PJSIP_INV_STATE_CONFIRMED: "answered",
    pj.PJSIP_INV_STATE_DISCONNECTED: "ended",
}
MEDIA = {
    pj.PJSUA_CALL_MEDIA_NONE: "none",
    pj.PJSUA_CALL_MEDIA_ACTIVE: "active",
    pj.PJSUA_CALL_MEDIA_LOCAL_HOLD: "local_hold",
    pj.PJSUA_CALL_MEDIA_REMOTE_HOLD: "remote_hold",
    pj.PJSUA_CALL_MEDIA_ERROR: "error",
}


class Desk(Protocol):
    """What a line needs of its phone."""

    def emit(self, event: str, **fields: Any) -> None:
        """Tell the test."""

    def new_line(self, call_id: int = pj.PJSUA_INVALID_ID) -> Line:
        """Make one more line."""


@dataclass(frozen=True)
class Sound:
    """What a line plays, and where what it receives goes."""

    tone: pj.ToneGenerator
    ear: Earpiece


class Line(pj.Call):  # type: ignore[misc]
    """A call, with a number that isn't used again (pjsua2 uses its own again)."""

    def __init__(self, desk: Desk, account: pj.Account, number: int, sound: Sound, call_id: int) -> None:
        super().__init__(account, call_id)
        self.desk, self.number, self.sound, self.over = desk, number, sound, False
        self._last_text = ""

    def onCallState(self, prm: pj.OnCallStateParam) -> None:
        """Say the call's state; the last one carries the message that ended it, if one did."""
        call = self.getInfo()
        text = self._say_received(prm.e)
        self.over = call.state == pj.PJSIP_INV_STATE_DISCONNECTED
        self.desk.emit(
            "call",
            call=self.number,
            state=STATES.get(call.state, "none"),
            code=int(call.lastStatusCode),
            reason=call.lastReason,
            call_id=call.callIdString,
            text=text,
        )

    def onCallTsxState(self, prm: pj.OnCallTsxStateParam) -> None:
        """Say each message that came in."""
        self._say_received(prm.e)

    def onCallMediaState(self, _prm: pj.OnCallMediaStateParam) -> None:
        """Join tone, call and ear: each offer and answer may have made a new stream."""
        call = self.getInfo()  # its parts live no longer than it does
        for index, media in enumerate(call.media):
            if media.type == pj.PJMEDIA_TYPE_AUDIO:
                self._join(index, media.status)
                self.desk.emit("media", call=self.number, status=MEDIA.get(media.status, "unknown"))

    def onDtmfDigit(self, prm: pj.OnDtmfDigitParam) -> None:
        """Say which key the other side pressed."""
        self.desk.emit("dtmf", call=self.number, digit=prm.digit)

    def onCallTransferRequest(self, prm: pj.OnCallTransferRequestParam) -> None:
        """Follow a transfer, on a line of our own making."""
        prm.newCall = self._follow()

    def onCallReplaceRequest(self, prm: pj.OnCallReplaceRequestParam) -> None:
        """Let a new call take this one's place, on a line of our own making."""
        prm.newCall = self._follow()

    def onCallTransferStatus(self, prm: pj.OnCallTransferStatusParam) -> None:
        """Say how far the transfer that we asked for is."""
        self.desk.emit("transfer", call=self.number, code=int(prm.statusCode), reason=prm.reason, final=prm.finalNotify)

    def _follow(self) -> Line:
        line = self.desk.new_line()
        self.desk.emit("follows", call=line.number, instead_of=self.number)
        return line

    def _join(self, index: int, status: int) -> None:
        if status in (pj.PJSUA_CALL_MEDIA_ACTIVE, pj.PJSUA_CALL_MEDIA_REMOTE_HOLD):
            audio = self.getAudioMedia(index)
            self.sound.tone.startTransmit(audio)
            audio.startTransmit(self.sound.ear)

    def _say_received(self, event: pj.SipEvent) -> str:
        """Emit the message that came in with an event, once; give its text, empty when none did. What went out too."""
        if event.type == pj.PJSIP_EVENT_TSX_STATE and event.body.tsxState.type == pj.PJSIP_EVENT_TX_MSG:
            self.desk.emit("sent", call=self.number, text=str(event.body.tsxState.src.tdata.wholeMsg))
        if event.type != pj.PJSIP_EVENT_TSX_STATE or event.body.tsxState.type != pj.PJSIP_EVENT_RX_MSG:
            return ""
        text = str(event.body.tsxState.src.rdata.wholeMsg)
        if text != self._last_text:
            self._last_text = text
            self.desk.emit("received", call=self.number, text=text)
        return text
