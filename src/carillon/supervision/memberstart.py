"""`python -m carillon.supervision.memberstart RUN DATA OWN [OTHER]... -- COMMAND…`: how a member of the cluster starts.

It joins the others, as a rule. It begins the cluster anew from its own data when it may: it was the last one to stop
and none of the others answers (databases are named as HOST:PORT), or there are no others. Who stopped in good order and
was not the last waits until one is up, or all are there again (`membersagree`). After a crash it says how far it had
come, so that it is sent what it missed and not everything.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from carillon.model.host import Address
from carillon.siblings.settings import context_of
from carillon.supervision.membersagree import Waiting, agreed, asked, say, telling

STATE, VIEW = "grastate.dat", "gvwstate.dat"
"""Galera's own files in the directory of the data: how far it had come, and with whom it was together at a crash."""
NOBODY = "00000000-0000-0000-0000-000000000000"
TOGETHER = "together"
"""Who was in the cluster when it changed last, in the words of `wsrep_notify_cmd`; there while most were together."""
CONNECT_S = 2.0
REACHED = "reached"
"""A file in RUN with the number of the last change that these data have, as Galera counts. Members count alike."""
NEW_CLUSTER = "--wsrep-new-cluster"
_FIELD = re.compile(r"^(uuid|seqno|safe_to_bootstrap):\s*(\S+)", re.MULTILINE)
_RECOVERED = re.compile(r"Recovered position:? ([0-9a-f-]{36}):(-?\d+)")


@dataclass(frozen=True, slots=True)
class Position:
    """Whose history, and how far: -1 when that isn't known. `may_begin` says that nobody can have come further."""

    history: str = NOBODY
    sequence: int = -1
    may_begin: bool = False


def read(data: Path) -> Position:
    """What this node's own data say; nothing for data that were in no cluster."""
    try:
        said = dict(_FIELD.findall((data / STATE).read_text()))
        sequence = int(said["seqno"])
        last = said.get("safe_to_bootstrap") == "1" or (sequence >= 0 and _was_with_witnesses_only(data))
        return Position(said["uuid"], sequence, last)
    except (OSError, KeyError, ValueError):
        return Position()


def _was_with_witnesses_only(data: Path) -> bool:
    """Whether it was the only one in the cluster that has data."""
    return len(together(data)) == 1


def together(data: Path) -> tuple[str, ...]:
    """The databases that were together last: `--members ID/NAME/HOST:PORT,ID/NAME/` names witnesses too.

    None when that was not written to the end.
    """
    try:
        words = (data / TOGETHER).read_text().split()
        members = words[words.index("--members") + 1].split(",")
    except (OSError, ValueError, IndexError):
        return ()
    return tuple(sorted(one.rpartition("/")[2] for one in members if not one.endswith("/")))


def allow(data: Path) -> None:
    """Have the next start of a member that doesn't run begin the cluster from these data."""
    found = read(data)
    fresh = data / f"{STATE}.new"
    rows = {"version": "2.1", "uuid": found.history, "seqno": found.sequence, "safe_to_bootstrap": 1}
    fresh.write_text("".join(f"{name}: {value}\n" for name, value in rows.items()))
    os.chown(fresh, data.stat().st_uid, -1)
    fresh.replace(data / STATE)
    (data / VIEW).unlink(missing_ok=True)


def answers(place: str) -> bool:
    """Whether a database takes people in at HOST:PORT: one that waits for its cluster listens, and doesn't greet."""
    address = Address.parse(place, 3306)
    try:
        with socket.create_connection((address.host, address.port), CONNECT_S) as asking:
            return bool(asking.recv(1))
    except OSError:
        return False


def listens(place: str) -> bool:
    """Whether anything listens at HOST:PORT, such as a witness."""
    address = Address.parse(place, 3306)
    try:
        socket.create_connection((address.host, address.port), CONNECT_S).close()
    except OSError:
        return False
    return True


def begins(data: Path, others: Sequence[str], answering: Callable[[str], bool] = answers) -> bool:
    """Whether this member begins the cluster; else it joins the others, or waits for them."""
    return not others or (read(data).may_begin and not any(answering(place) for place in others))


def recovered(said: str) -> Position | None:
    """What MariaDB found in its data, from the words of `--wsrep-recover`."""
    found = _RECOVERED.search(said)
    return Position(found[1], int(found[2])) if found and found[1] != NOBODY else None


def options(data: Path, others: Sequence[str], command: Sequence[str]) -> tuple[list[str], int]:
    """What is added to the command; and how far the data reach, -1 when nobody knows."""
    found, added = read(data), []
    if begins(data, others):
        allow(data)
        added.append(NEW_CLUSTER)
    if found.history == NOBODY or found.sequence >= 0:
        return added, found.sequence
    done = subprocess.run([*command, "--wsrep-recover"], capture_output=True, text=True, check=False)
    position = recovered(done.stderr + done.stdout)
    if position is None:
        return added, -1
    return [*added, f"--wsrep_start_position={position.history}:{position.sequence}"], position.sequence


def waiting(data: Path, own: str, others: Sequence[str]) -> Waiting | None:
    """What this member tells while it waits for the others; None for one that does not wait, or after a crash.

    Where nobody knows who was together last, all are waited for.
    """
    found, known = read(data), together(data)
    if not others or found.may_begin or found.history == NOBODY or found.sequence < 0:
        return None
    return Waiting(own, found.history, found.sequence, known if own in known else tuple(sorted((own, *others))))


def _agrees(run: Path, own: Waiting, others: Sequence[str]) -> bool:
    """Whether this member begins, by what all of them tell each other."""
    client, server = context_of(run, server=False), context_of(run, server=True)
    say(own)
    with telling(own, server):
        return agreed(own, others, lambda place: asked(place, client))


def reached(run: Path) -> int:
    """How far this node's data reached when its member started; -1 when nobody knows."""
    try:
        return int((run / REACHED).read_text())
    except (OSError, ValueError):
        return -1


def main(arguments: list[str]) -> None:
    """Decide, and replace this process by the command. Raises OSError when it can't be executed."""
    dashes = arguments.index("--")
    run, data, place, *others = arguments[:dashes]
    command = arguments[dashes + 1 :]
    added, sequence = options(Path(data), others, command)
    (Path(run) / REACHED).write_text(f"{sequence}\n")
    own = waiting(Path(data), place, others)
    if own and _agrees(Path(run), own, others):
        allow(Path(data))
        added.append(NEW_CLUSTER)
    (Path(data) / TOGETHER).unlink(missing_ok=True)
    print(f"database: {' '.join(added) or 'joins the others'}", flush=True)
    os.execv(command[0], [*command, *added])


if __name__ == "__main__":
    main(sys.argv[1:])
