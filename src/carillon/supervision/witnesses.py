"""A third vote for the database of two nodes: the script that makes any small machine a witness."""

from __future__ import annotations

import os
from pathlib import Path

from carillon.confgen.database.target import TIMEOUTS, cluster_name, place
from carillon.confgen.tls.authority import NodeCertificate, issue_for
from carillon.model.node import Node
from carillon.model.refused import Refused
from carillon.model.witness import Witness
from carillon.provisioning import nodes, witnesses
from carillon.provisioning.system import load_node, open_truth, put_in_force
from carillon.stores.sql.cluster import cluster_state
from carillon.stores.sql.database import Database
from carillon.supervision.prepare import require_root
from carillon.system.paths import SystemPaths

SCRIPT = Path(__file__).with_name("witness.sh")


def add(paths: SystemPaths, who: str, new: Witness) -> tuple[int, Path]:
    """Add a witness; the sequence of the change, and the script that is run on its machine. Raises `Refused`."""
    require_root()
    truth = open_truth(paths)
    sequence = witnesses.add(truth, who, new)
    put_in_force(paths)
    issued = issue_for(paths.cluster, new.name, (new.address,))
    file = paths.directory / f"witness-{new.name}.sh"
    _write(file, script(new, nodes.all_nodes(truth), issued))
    return sequence, file


def script(new: Witness, nodes: tuple[Node, ...], issued: NodeCertificate) -> str:
    """What makes a machine this witness, as text. It holds its key."""
    members = [one for one in nodes if one.member]
    values = {
        "NAME": new.name,
        "DOMAIN": members[0].default_domain,
        "GROUP": cluster_name(members[0]),
        "PEERS": ",".join(place(one, one.replication_port) for one in members),
        "LISTENS": place(new, new.port),
        "TIMEOUTS": ";".join(f"{name}={value}" for name, value in TIMEOUTS.items()),
        "AUTHORITY": issued.authority.strip(),
        "CERTIFICATE": issued.certificate.strip(),
        "KEY": issued.key.strip(),
    }
    text = SCRIPT.read_text()
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def remove(paths: SystemPaths, who: str, gone: Witness) -> int:
    """Let a witness leave that is stopped. Returns the sequence of the change; raises `Refused`."""
    state = cluster_state(Database.read(paths.database))
    if state is not None and state.witnesses >= len(witnesses.all_witnesses(open_truth(paths))):
        raise Refused(
            "name",
            f"{gone.name} still votes; stop it first: `systemctl disable --now carillon-witness` on its machine.",
        )
    return witnesses.remove(open_truth(paths), who, gone)


def address_of(paths: SystemPaths, name: str, address: str) -> Witness:
    """A new witness, at the port by which members of this system replicate. Raises `Refused`."""
    return Witness(name, address, load_node(paths).replication_port)


def _write(file: Path, text: str) -> None:
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text)
