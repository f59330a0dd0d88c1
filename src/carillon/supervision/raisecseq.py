"""`python -m carillon.supervision.raisecseq STATE -- COMMAND…`: become the presence server, after raising its numbers.

It writes its subscriptions behind, and their CSeq once in some hundred NOTIFYs (`location`). A NOTIFY whose number the
phone has seen already would be thrown away (RFC 3261 §12.2.2), and so would its lamp, whose version is that number
(RFC 4235 §4.1). So each number is raised past all that may have been sent since it was written.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Final

PER_SECOND: Final = 4
"""More NOTIFYs to one watcher than this, a second, for long, are not possible: changes are gathered."""
AT_LEAST: Final = 1000
"""For two crashes in a moment, and more than the kept number may be behind."""
BEGAN: Final = 1_767_225_600
"""2026 began then, in Unix seconds; a CSeq has 31 bits, so this way lasts until 2043."""


def raise_numbers(subscriptions: Path, now: float) -> int:
    """Raise the CSeq and version of every subscription that has not ended; how many there are. Raises sqlite3.Error."""
    least = int((now - BEGAN) * PER_SECOND)
    with closing(sqlite3.connect(subscriptions, timeout=5)) as store, store:
        store.execute("DELETE FROM active_watchers WHERE expires < ?", (int(now),))
        done = store.execute(
            "UPDATE active_watchers SET local_cseq = max(local_cseq + ?, ?), version = max(version + ?, ?)",
            (AT_LEAST, least, AT_LEAST, least),
        )
        return done.rowcount


def main(arguments: list[str]) -> None:
    """Raise, and replace this process by the command after `--`. Raises OSError when it can't be executed."""
    state, dashes, *command = arguments
    if dashes != "--" or not command:
        raise SystemExit("usage: python -m carillon.supervision.raisecseq STATE -- COMMAND [ARGUMENT]...")
    try:
        print(f"presence: {raise_numbers(Path(state) / 'presence.db', time.time())} subscriptions kept", flush=True)
    except sqlite3.Error as error:
        print(f"presence: the subscriptions could not be raised: {error}", flush=True)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
