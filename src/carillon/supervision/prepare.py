"""Everything that has to lie ready before the first engine starts."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Sequence
from pathlib import Path

import carillon
from carillon.confgen.apply import own
from carillon.confgen.system import System
from carillon.confgen.targets import engines
from carillon.confgen.tls.authority import settle
from carillon.confgen.tls.selfsigned import ensure_certificate
from carillon.follower import lastknown
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.model.zone import NameService
from carillon.provisioning import domains, nameservice
from carillon.provisioning.system import last_nodes, load_nodes, load_witnesses, open_truth, show_truth
from carillon.satellites import upon
from carillon.satellites.following import first_copy
from carillon.stores import nameservice as told_service
from carillon.stores.recordingspool import PARTS
from carillon.stores.secretfiles import ensure_local_key, lay, place, ring_of
from carillon.stores.sql.database import Database
from carillon.stores.sql.engine import DatabaseAway
from carillon.supervision import secrettaking
from carillon.supervision.code import install_code
from carillon.supervision.location import ensure_location, make_tables
from carillon.supervision.owndatabase import lay_secrets
from carillon.system.paths import SERVICE_USER, SystemPaths

FIRST_COPY_S = 30.0
"""How long a new satellite asks until some main answers; how long the answer takes is another matter."""


def require_root() -> None:
    """Raise `Refused` unless this process may switch users and make directories in /run."""
    if os.geteuid() != 0:
        raise Refused("user", "this needs root, to start each engine as its own user; use sudo.")


def load_system(paths: SystemPaths) -> System:
    """The installation in `paths` with a readable copy of this code. Raises `Refused` when there is none."""
    node, siblings = load_nodes(paths)
    names = _domains(paths)
    first = [node.default_domain, *(name for name in names if name != node.default_domain)]
    code = install_code(Path(carillon.__file__).parent)
    names_service = _name_service(paths, node)
    return System(node, tuple(first), paths, code, Path(sys.prefix), siblings, names_service, load_witnesses(paths))


def _name_service(paths: SystemPaths, node: Node) -> NameService:
    """What it answers as a name server; as last known when the database is away."""
    try:
        return nameservice.service(open_truth(paths), node.name)
    except DatabaseAway:
        return told_service.read(paths.last_known / paths.name_service.name)


def _domains(paths: SystemPaths) -> Sequence[str]:
    """Their names; as last known when the database is away."""
    try:
        return [view.domain.name for view in domains.listing(open_truth(paths))]
    except DatabaseAway:
        last = last_nodes(paths)
        if last is None:
            raise
        return last.domains


def lay_out(system: System) -> None:
    """Make the run directory, the registrations' file, the certificate, the secret and the directory."""
    paths = system.paths
    paths.run_root.mkdir(mode=0o755, parents=True, exist_ok=True)
    for directory in (paths.run, *(paths.run / name for name in engines(paths))):
        own(directory)
    for part in ("spool", "log"):
        own(paths.run_asterisk / part)
    settle(paths.cluster)
    if "database" in engines(paths):
        lay_secrets(paths, Database.read(paths.database), member=system.node.member)
    lay_out_lasting(system)
    _lay_secrets(paths)
    try:
        show_truth(paths, open_truth(paths))
    except DatabaseAway:
        if paths.satellite.exists() and not paths.last_nodes.exists():
            first_copy(paths, FIRST_COPY_S)
        lastknown.lay(paths, pwd.getpwnam(SERVICE_USER).pw_uid)
        if paths.satellite.exists():
            upon.begin(paths, pwd.getpwnam(SERVICE_USER).pw_uid)
    make_tables(paths.run_kamailio / "uacreg.db", ("standard", "uac"))


def lay_out_lasting(system: System) -> None:
    """Make what a stop leaves: the directory of the logs, registrations, voice messages, the certificate."""
    paths, node = system.paths, system.node
    paths.logs.mkdir(mode=0o750, parents=True, exist_ok=True)
    ensure_location(paths.state)
    paths.voicemail.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    own(paths.voicemail)
    own(paths.prompts)
    for directory in (paths.recordings, paths.recording_spool, *(paths.recording_spool / name for name in PARTS)):
        own(directory)
        directory.chmod(0o700)
    ensure_certificate(paths.tls, system.domains, tuple(sorted({*node.addresses, node.public_address})))


def _lay_secrets(paths: SystemPaths) -> None:
    """A node that was away while others got a new one asks for it before it takes calls."""
    ensure_local_key(paths)
    secrettaking.catch_up(paths)
    ring = ring_of(paths)
    if paths.secrets.exists():
        place(paths, ring)  # should a crash have come between both files
    lay(paths, ring)
