"""Writing the directory of this node from the truth, in place and in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import Engine

from carillon.stores import compiled
from carillon.stores.compiled import party_row
from carillon.stores.directoryfile import Row, Rows, Step, apply, position_of, writing
from carillon.stores.sql.engine import reading
from carillon.stores.sql.feed import Delta, SmallRows, delta


def refresh(truth: Engine, path: Path, owner_uid: int) -> int:
    """Bring the directory at `path` up to the truth; return the sequence of the last change that is in it.

    Follows the changes since the last time; builds everything anew when it can't know them. Makes the file,
    readable by the user `owner_uid` alone. Raises `sqlite3.Error` or `OSError` when it can't be written.
    """
    with writing(path, owner_uid) as directory:
        known = position_of(directory)
        with reading(truth) as connection:
            missing = delta(connection, known)
        if missing.position != known or missing.touched is None:
            apply(directory, step_of(missing))
    return missing.position.sequence


def step_of(missing: Delta) -> Step:
    """What a directory lacks, as rows of its tables."""
    return Step(missing.position, missing.touched, list(_rows(missing)))


def _rows(missing: Delta) -> Iterator[tuple[str, Iterable[Row]]]:
    if missing.small is not None:
        yield from _small(missing.small)
    yield "name", missing.names
    yield "mailbox", missing.mailboxes
    yield (
        "account",
        (
            (row.domain, row.username, row.ha1_md5, row.ha1_sha256, row.encryption, row.priority, *party_row(row.party))
            for row in missing.accounts
        ),
    )
    yield "party", ((party.domain, number, *party_row(party)) for number, party in missing.parties)


def _small(small: SmallRows) -> Rows:
    return (
        ("domain", map(compiled.domain_row, small.domains)),
        ("site", (compiled.site_row(domain, row) for domain, row in small.sites)),
        ("trunk", map(compiled.trunk_row, small.trunks)),
        ("route", (compiled.route_row(domain, row) for domain, row in small.routes)),
        ("schedule", (compiled.schedule_row(*row) for row in small.schedules)),
        ("callerlist", small.caller_lists),
        ("group", (compiled.group_row(*row) for row in small.groups)),
        ("ring", (compiled.ring_row(*row) for row in small.rings)),
        ("grouplimit", (compiled.group_limit_row(*row) for row in small.group_limits)),
        ("callback", small.callbacks),
        ("presencerule", small.presence_rules),
        ("panel", small.panels),
        ("announcement", small.announcements),
    )
