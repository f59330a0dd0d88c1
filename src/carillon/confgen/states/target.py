"""What the daemon `states` is told."""

from __future__ import annotations

from carillon.confgen.daemon import Daemon, daemon
from carillon.confgen.system import System
from carillon.states.settings import Settings

NAME = "states"


def context(system: System) -> Daemon:
    """What the file needs to know of this system."""
    paths = system.paths
    settings = Settings(
        socket=paths.states_socket,
        directory=paths.run_directory,
        location=paths.state / "location.db",
        publications=paths.publications,
        calendars=paths.calendar_spans,
        pictures=paths.pictures,
        kamailio_rpc=paths.kamailio_rpc,
        presence_rpc=paths.presence_rpc,
        voicemail=paths.voicemail,
        subscriptions=paths.subscriptions,
        repairs=paths.lamps_repaired_by(NAME),
    )
    return daemon(system, NAME, {**settings.to_json(), "registrations": _registrations(system)})


def _registrations(system: System) -> dict[str, object]:
    """For `siblings.setclock`."""
    paths, node = system.paths, system.node
    return {
        "location": paths.state / "location.db",
        "journal": paths.registration_journal,
        "rpc": paths.kamailio_rpc,
        "speak_from": [node.signalling[0], node.feed_port],
        "kamailio": [node.signalling[0], node.sip_port],
    }
