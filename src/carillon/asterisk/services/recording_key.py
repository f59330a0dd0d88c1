"""The key within a call: begin, pause and resume its recording. One beep: it is recorded now; two: it is not."""

from __future__ import annotations

import asyncio

from carillon.asterisk.call import Call
from carillon.routing.recording import Recording
from carillon.stores import recordingspool
from carillon.system import relay

ON = ("beep",)
PAUSED = ("beep", "beep")
FAILED = ("beeperr",)
SAID_NOTHING = "the media relay did not do it"


async def run(call: Call) -> None:
    """The other state of the recording of session `argument`; the channel remembers which it has."""
    session, _, state = (await call.variable("RECORDING")).partition(" ")
    if not session or session != call.argument:
        return
    begins = state != "on"
    done = await asyncio.to_thread(_begins if begins else _pauses, call, session)
    if done:
        await call.sets("RECORDING", f"{session} {'on' if begins else 'paused'}")
    elif begins:
        _loses(call, session)
    print(f"recording: {call.caller} {'begins' if begins else 'pauses'}{'' if done else ', in vain'}", flush=True)
    await call.plays(*(FAILED if not done else ON if begins else PAUSED))


def _begins(call: Call, session: str) -> bool:
    told = recordingspool.ready(call.recordings.spool, session)
    try:
        done = bool(told) and relay.records(call.recordings.relay, session, told or "")
    except OSError:
        return False
    if done and told:
        recordingspool.note_going(call.recordings.spool, session, told)
    return done


def _pauses(call: Call, session: str) -> bool:
    try:
        done = relay.stops_recording(call.recordings.relay, session)
    except OSError:
        return False
    if done:
        recordingspool.note_paused(call.recordings.spool, session)
    return done


def _loses(call: Call, session: str) -> None:
    """What was wanted and could not be is listed."""
    told = recordingspool.ready(call.recordings.spool, session)
    recording = recordingspool.read_metadata(told)[0] if told else ""
    if Recording.parse(recording):
        recordingspool.note_loss(call.recordings.spool, recording, SAID_NOTHING)
