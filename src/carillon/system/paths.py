"""Where one installation keeps its files: the directory the operator chose, and what `up` makes beside it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

SERVICE_USER = "kamailio"
"""The user that the daemons run as; Debian's kamailio package makes it."""

RUN_ROOT = Path("/run/carillon")
CACHE_ROOT = Path("/var/cache/carillon")
LASTING_ROOT = Path("/var/lib/carillon")


@dataclass(frozen=True, slots=True)
class SystemPaths:
    """The paths of the system in `directory`, which is absolute and resolved (use `of`)."""

    directory: Path
    run_root: Path = RUN_ROOT

    @classmethod
    def of(cls, directory: Path) -> SystemPaths:
        """The paths of the system in `directory`, which need not exist yet."""
        return cls(directory.expanduser().resolve())

    @property
    def identity(self) -> str:
        """A name for this system that is unique on the machine and safe in a path: `demo-1a2b3c4d`."""
        slug = re.sub(r"[^a-z0-9]+", "-", self.directory.name.lower()).strip("-") or "system"
        return f"{slug[:20]}-{hashlib.sha256(str(self.directory).encode()).hexdigest()[:8]}"

    # --- what lasts: in the operator's directory

    @property
    def truth(self) -> Path:
        """The database that holds domains, people, devices and numbers."""
        return self.directory / "carillon.db"

    @property
    def database(self) -> Path:
        """Says how to reach the MariaDB that holds the truth instead, mode 0600; missing where `truth` is in use."""
        return self.directory / "database.json"

    @property
    def exists(self) -> bool:
        """Whether there is a system in the directory."""
        return self.truth.exists() or self.follows

    @property
    def follows(self) -> bool:
        """Whether the truth is elsewhere: this node is one of several, or a satellite."""
        return self.database.exists() or self.satellite.exists()

    @property
    def satellite(self) -> Path:
        """The nodes as they were when this machine became a satellite, mode 0600; missing on any other."""
        return self.directory / "satellite.json"

    @property
    def secret(self) -> Path:
        """32 random bytes, mode 0600: nonces and route signatures are derived from them."""
        return self.directory / "secret.key"

    @property
    def secrets(self) -> Path:
        """That and the ones that are accepted besides, mode 0600; missing where it was never renewed."""
        return self.directory / "secrets.json"

    @property
    def local_key(self) -> Path:
        """32 random bytes, mode 0600: by which the parts of this machine know each other."""
        return self.directory / "local.key"

    @property
    def demo_key(self) -> Path:
        """The secret with which the demo was made, mode 0600: its passwords are derived from it."""
        return self.directory / "demo.key"

    @property
    def without_asterisk(self) -> Path:
        """An empty file on a satellite that has no Asterisk; missing on any other machine."""
        return self.directory / "without-asterisk"

    @property
    def node(self) -> Path:
        """The name of the node that this machine is, in a line; missing where the system has one node."""
        return self.directory / "node"

    @property
    def cluster(self) -> Path:
        """What nodes know each other by: `ca.pem`, `node.pem`, `node.key` (0600), and on some `ca.key` (0600)."""
        return self.directory / "cluster"

    @property
    def trusted(self) -> Path:
        """Networks that are never banned, one a line; the administrator writes it, and it may be missing."""
        return self.directory / "trusted"

    @property
    def credentials(self) -> Path:
        """The demo's passwords, mode 0600, there only while the demo is healthy."""
        return self.directory / "credentials.json"

    @property
    def tls(self) -> Path:
        """Holds `certificate.pem` and `key.pem` (0600)."""
        return self.directory / "tls"

    @property
    def logs(self) -> Path:
        """One rotated, bounded log a component."""
        return self.directory / "log"

    @property
    def history(self) -> Path:
        """The generated configurations that were once in force."""
        return self.directory / "config"

    # --- what a start makes and a stop removes

    @property
    def run(self) -> Path:
        """Made by `up`, removed by `down`, owned by the service user."""
        return self.run_root / self.identity

    @property
    def run_kamailio(self) -> Path:
        """Kamailio's configuration and sockets."""
        return self.run / "kamailio"

    @property
    def run_asterisk(self) -> Path:
        """Asterisk's configuration, sockets and spool."""
        return self.run / "asterisk"

    @property
    def run_redis(self) -> Path:
        """Redis's configuration and socket."""
        return self.run / "redis"

    @property
    def run_presence(self) -> Path:
        """The presence server's configuration and sockets."""
        return self.run / "presence"

    @property
    def presence_rpc(self) -> Path:
        """The presence server's JSON-RPC datagram socket."""
        return self.run_presence / "rpc.sock"

    @property
    def pictures(self) -> Path:
        """What watchers are shown of each person (SQLite), written by the daemon `states`."""
        return self.run / "pictures.db"

    @property
    def states_socket(self) -> Path:
        """Where the daemon `states` is told of news."""
        return self.run / "states.sock"

    @property
    def keys_socket(self) -> Path:
        """Where the services are told what keys of phones set."""
        return self.run / "keys.sock"

    @property
    def run_watchdog(self) -> Path:
        """What the watchdog noticed, and when it last looked."""
        return self.run / "watchdog"

    @property
    def run_tls(self) -> Path:
        """Copies of the certificate and key that the service user may read."""
        return self.run / "tls"

    @property
    def run_secrets(self) -> Path:
        """The system's secrets, which the service user may read: replaced while the system runs."""
        return self.run / "secrets.json"

    @property
    def run_directory(self) -> Path:
        """The read-only directory of the workers (SQLite), refreshed in place from the truth."""
        return self.run / "directory.db"

    @property
    def supervisor_socket(self) -> Path:
        """The supervisor's XML-RPC socket, for root only."""
        return self.run / "supervisor.sock"

    @property
    def restarts(self) -> Path:
        """How often each component was restarted and when last, as JSON."""
        return self.run / "restarts.json"

    @property
    def redis_socket(self) -> Path:
        """Redis listens here and nowhere else."""
        return self.run_redis / "redis.sock"

    @property
    def kamailio_rpc(self) -> Path:
        """Kamailio's JSON-RPC datagram socket."""
        return self.run_kamailio / "rpc.sock"

    @property
    def kamailio_fifo(self) -> Path:
        """The same for answers of any size; beside the socket, where who asks finds it."""
        return self.kamailio_rpc.with_name("rpc.fifo")

    @property
    def trace_socket(self) -> Path:
        """Where workers send what happened, never blocking."""
        return self.run / "trace.sock"

    @property
    def trunk_logins(self) -> Path:
        """Users and passwords of trunks, mode 0600, for the service user."""
        return self.run / "trunk-logins.json"

    @property
    def trunk_answers(self) -> Path:
        """What the DNS last said of the names of trunks, for a start while it is dead; outlives `down` and `up`."""
        return self.state / "trunk-answers.json"

    @property
    def trunk_states(self) -> Path:
        """How each trunk is, written by the trunk daemon."""
        return self.run / "trunk-states.json"

    @property
    def name_service(self) -> Path:
        """What this node answers as a name server."""
        return self.run / "name-service.json"

    @property
    def name_sources(self) -> Path:
        """Sources that are asked for names, with their tokens, mode 0600, for the service user."""
        return self.run / "name-sources.json"

    @property
    def names_asked(self) -> Path:
        """Where workers send numbers whose names they want, never blocking."""
        return self.run / "names" / "asked.sock"

    @property
    def registrations_changed(self) -> Path:
        """Where workers say whose registrations have changed, on a node with siblings; never blocking."""
        return self.run / "siblings" / "changed.sock"

    @property
    def bans_told(self) -> Path:
        """Where workers say whom they have banned, on a node with siblings; never blocking."""
        return self.run / "siblings" / "bans.sock"

    @property
    def calls_changed(self) -> Path:
        """Where the calls daemon says who has which calls here, on a node with siblings."""
        return self.run / "siblings" / "calls.sock"

    @property
    def sibling_states(self) -> Path:
        """How each sibling is, written by the daemon that hears them."""
        return self.run / "siblings" / "states.json"

    @property
    def name_states(self) -> Path:
        """How each source is, written by the names daemon."""
        return self.run / "names" / "states.json"

    @property
    def calendar_sources(self) -> Path:
        """Calendars that are looked at, with their addresses, mode 0600, for the service user."""
        return self.run / "calendar-sources.json"

    @property
    def calendar_spans(self) -> Path:
        """What calendars say, and how they are (SQLite), written by the calendars daemon; outlives `down` and `up`."""
        return self.state / "calendars.db"

    @property
    def call_figures(self) -> Path:
        """How many calls are up, written by the calls daemon."""
        return self.run / "calls" / "figures.json"

    def lamps_repaired_by(self, daemon: str) -> Path:
        """How many lamps were wrong and were put right, counted by the daemon `calls` or `states`."""
        return self.run / daemon / "repairs.json"

    @property
    def state(self) -> Path:
        """Registrations: owned by the service user, outlives `down` and `up`."""
        return CACHE_ROOT / "state" / self.identity

    @property
    def subscriptions(self) -> Path:
        """The presence server's subscriptions (SQLite), which outlive `down` and `up`."""
        return self.state / "presence.db"

    @property
    def publications(self) -> Path:
        """What phones have published (SQLite)."""
        return self.state / "published.db"

    @property
    def voicemail(self) -> Path:
        """Voice messages: owned by the service user, since Asterisk records them; only a removal takes them away."""
        return LASTING_ROOT / self.identity / "voicemail"

    @property
    def prompts(self) -> Path:
        """Sounds of announcements: the service user's, as `voicemail`."""
        return LASTING_ROOT / self.identity / "prompts"

    @property
    def services_mail(self) -> Path:
        """What the services say of the mail that waits, as JSON."""
        return self.run / "services" / "mail.json"

    @property
    def guesses(self) -> Path:
        """Wrong PINs of late, as JSON; the services write it."""
        return self.state / "guesses.json"

    @property
    def messages(self) -> Path:
        """Messages that are kept for people who are not there (SQLite)."""
        return self.state / "messages.db"

    @property
    def kept_turn(self) -> Path:
        """Whose kept messages this node delivers, as JSON; the daemon that knows the siblings writes it."""
        return self.run / "siblings" / "messages.json"

    @property
    def kept_names(self) -> Path:
        """What sources outside said of numbers (SQLite), by the names daemon; it is only a copy, and in no backup."""
        return self.state / "names.db"

    @property
    def recordings(self) -> Path:
        """Recorded calls, their index, and the spool: for the service user alone, outlive `down` and `up`."""
        return LASTING_ROOT / self.identity / "recordings"

    @property
    def recording_spool(self) -> Path:
        """Where the media relay writes what it records."""
        return self.recordings / "spool"

    @property
    def own_database(self) -> Path:
        """What this node's own MariaDB holds, for the service user alone; missing on a node that has none."""
        return LASTING_ROOT / self.identity / "database"

    @property
    def run_database(self) -> Path:
        """MariaDB's configuration and socket."""
        return self.run / "database"

    @property
    def last_known(self) -> Path:
        """What was last known of a truth that nodes share, for root alone."""
        return LASTING_ROOT / self.identity / "last"

    @property
    def last_nodes(self) -> Path:
        """The nodes and domains in it."""
        return self.last_known / "nodes.json"

    @property
    def kept_changes(self) -> Path:
        """What people of a branch changed that no main has done yet (SQLite), for root alone; in no other place."""
        return LASTING_ROOT / self.identity / "kept.db"

    @property
    def handing_over(self) -> Path:
        """Why a satellite can't hand over what it kept, in words; written by the follower, missing when it can."""
        return self.run / "follower" / "handing.txt"

    @property
    def unrenewed(self) -> Path:
        """Why this node's certificate could not be renewed, in words; not there when nothing is wrong."""
        return self.run / "follower" / "unrenewed.txt"

    @property
    def unheard(self) -> Path:
        """Who was not let in where satellites ask, and why, by address."""
        return self.run / "follower" / "unheard.json"

    @property
    def mains_clock(self) -> Path:
        """What the clock of the mains showed when they were last heard; see `satellites.moments`."""
        return self.last_known / "clock.json"

    @property
    def follower_report(self) -> Path:
        """How well this node follows the truth, written by the follower."""
        return self.run / "follower" / "report.json"

    @property
    def ailing(self) -> Path:
        """Which components of this node are not well, for siblings; the follower writes it."""
        return self.run / "follower" / "ailing.json"

    @property
    def lease(self) -> Path:
        """Until when this node may do what happens once in a system, written by the follower."""
        return self.run / "follower" / "lease.json"

    @property
    def registration_journal(self) -> Path:
        """Holds what the registrar has accepted and the engine may not have written yet."""
        return self.state / "journal"
