"""Sources outside that are asked for names, as the names daemon reads them; tokens sealed, for the service user."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from carillon.stores import trunklogins


@dataclass(frozen=True, slots=True)
class NameSource:
    """A REST source of a domain. `url` holds `{number}`; `path` says where in its JSON the name is.

    A name is kept for `keep_s` seconds. `token` proves to the source who asks; "" for none. Of several sources of a
    domain, that of the lowest `position` is believed.
    """

    domain: str
    name: str
    url: str
    path: str
    keep_s: int
    position: int = 1
    token: str = field(default="", repr=False)

    @property
    def key(self) -> tuple[str, str]:
        """Domain and name."""
        return self.domain, self.name


def write(file: Path, sealed: Iterable[NameSource], owner_uid: int) -> None:
    """Put sources, their tokens sealed, in force; the key is beside trunk logins. Raises OSError."""
    rows = [asdict(source) for source in sealed]
    trunklogins.place(file, json.dumps(rows).encode(), owner_uid)


def read(file: Path) -> tuple[NameSource, ...]:
    """The sources in force, tokens opened; none when the file is missing. Without its key, a source has no token."""
    try:
        sources = [NameSource(**row) for row in json.loads(file.read_text())]
    except (OSError, ValueError, TypeError):
        return ()
    return tuple(replace(source, token=trunklogins.opened(file, source.token)) for source in sources)
