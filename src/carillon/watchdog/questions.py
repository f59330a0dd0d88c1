"""One cheap question to each component, asked the way in which it is used: does it answer at all?"""

from __future__ import annotations

import math
import socket
from collections.abc import Callable
from pathlib import Path

from carillon.asterisk.agi import ping
from carillon.collector.inbox import settle
from carillon.supervision.sipprobe import answers_options
from carillon.system import pulse
from carillon.watchdog.settings import Settings

PATIENCE_S = 0.8
"""Seconds for one answer."""
PATIENT = {"database": math.inf}
"""Who may take longer for its first answer than others, in seconds: a member of a cluster waits for the others, and is
sent all that they have, before it takes anybody in."""
WAITS_FOR = {"kamailio": frozenset({"rtpengine"})}
"""Whose workers are held by whom: one that waits for a silent one does not hang, and the other will be ended."""
NAMES_PULSE_S = 8.0
"""The names daemon goes round twice a second, whatever its sources do."""
CALLS_PULSE_S = 8.0
"""The calls daemon goes round each second, or waits twice its patience for an Asterisk that hangs."""
STATES_PULSE_S = 15.0
NAMESERVER_PULSE_S = 8.0
PULSE_S = 60.0
"""The trunk daemon waits so long at most for names that nobody resolves."""


def kamailio_answers(settings: Settings) -> bool:
    """By UDP, by TCP and on Asterisk's side, each of which other processes of it serve."""
    outside = settings.address, settings.sip_port, settings.address, PATIENCE_S
    inside = settings.gateway, settings.sip_port, settings.gateway, PATIENCE_S
    answered = not answers_options(*outside) and not answers_options(*outside, socket.SOCK_STREAM)
    return answered and not answers_options(*inside)


def asterisk_answers(settings: Settings) -> bool:
    """An OPTIONS, as from Kamailio."""
    return not answers_options(settings.gateway, settings.gateway_port, settings.gateway, PATIENCE_S)


def services_answer(settings: Settings) -> bool:
    """A ping, where Asterisk asks."""
    return ping.answers(settings.gateway, settings.services_port, PATIENCE_S)


def redis_answers(settings: Settings) -> bool:
    """A PING, without the client library and its memory."""
    return _says(settings.run / "redis" / "redis.sock", b"PING\r\n")


def database_answers(settings: Settings) -> bool:
    """MariaDB greets who comes, before he says who he is; it does so without a majority, too."""
    return _says(settings.run / "database" / "socket")


def _says(place: Path, question: bytes = b"") -> bool:
    """Whether something comes from a unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(PATIENCE_S)
        try:
            asking.connect(str(place))
            asking.sendall(question)
            return bool(asking.recv(64))
        except OSError:
            return False


def collector_answers(settings: Settings) -> bool:
    """It writes what it was sent, and says so."""
    return settle(settings.run / "trace.sock", PATIENCE_S)


def trunks_answers(settings: Settings) -> bool:
    """The trunk daemon goes round."""
    return pulse.age_s(settings.run / "trunks") < PULSE_S


def names_answer(settings: Settings) -> bool:
    """The names daemon goes round."""
    return pulse.age_s(settings.run / "names") < NAMES_PULSE_S


def calendars_answer(settings: Settings) -> bool:
    """The calendars daemon goes round."""
    return pulse.age_s(settings.run / "calendars") < PULSE_S


def calls_answers(settings: Settings) -> bool:
    """The calls daemon goes round."""
    return pulse.age_s(settings.run / "calls") < CALLS_PULSE_S


def states_answers(settings: Settings) -> bool:
    """The daemon of states goes round."""
    return pulse.age_s(settings.run / "states") < STATES_PULSE_S


def siblings_answers(settings: Settings) -> bool:
    """The daemon that speaks with siblings goes round, on a node that has any."""
    return pulse.age_s(settings.run / "siblings") < PULSE_S


def nameserver_answers(settings: Settings) -> bool:
    """Its daemon goes round, and NSD answers it."""
    return pulse.age_s(settings.run / "nameserver") < NAMESERVER_PULSE_S


def presence_answers(settings: Settings) -> bool:
    """An OPTIONS on its port."""
    return not answers_options(settings.gateway, settings.presence_port, settings.gateway, PATIENCE_S)


def recordings_answers(settings: Settings) -> bool:
    """The daemon of recordings goes round, or decodes."""
    return pulse.age_s(settings.run / "recordings") < PULSE_S


def rtpengine_answers(settings: Settings) -> bool:
    """A ping on its command port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(PATIENCE_S)
        try:
            asking.connect((settings.gateway, settings.relay_port))
            asking.send(b"watchdog d7:command4:pinge")
            return bool(asking.recv(1024))
        except OSError:
            return False


QUESTIONS: dict[str, Callable[[Settings], bool]] = {
    "database": database_answers,
    "collector": collector_answers,
    "redis": redis_answers,
    "rtpengine": rtpengine_answers,
    "asterisk": asterisk_answers,
    "services": services_answer,
    "presence": presence_answers,
    "kamailio": kamailio_answers,
    "recordings": recordings_answers,
    "trunks": trunks_answers,
    "names": names_answer,
    "calendars": calendars_answer,
    "calls": calls_answers,
    "states": states_answers,
    "siblings": siblings_answers,
    "nameserver": nameserver_answers,
}
