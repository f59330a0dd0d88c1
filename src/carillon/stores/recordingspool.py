"""Where the media relay leaves what it recorded, and workers leave word of what could not be recorded.

Below the spool: `pcaps`, `metadata` and `tmp` are the relay's, `lost` and `going` are the workers': what could not be
recorded, and what is being recorded, by session, should the relay die. `ready` is theirs too: calls that a person may
record, or go on recording, by key; the services read it. `announced` is what the daemon has made heard, by session.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path

PARTS = ("pcaps", "metadata", "tmp", "lost", "going", "ready", "announced")


def metadata(recording: str, codecs: Mapping[int, str]) -> str:
    """What the relay keeps with a recording: what the rules said of it, and what the numbers of codecs mean."""
    text = json.dumps({"recording": recording, "codecs": codecs})
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_metadata(text: str) -> tuple[str, dict[int, str]]:
    """Recording and codecs, as `metadata` wrote them; raises ValueError on anything else."""
    told = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    try:
        return str(told["recording"]), {int(number): str(name) for number, name in told["codecs"].items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no recording is described by {text!r}") from error


def note_loss(spool: Path, recording: str, why: str) -> None:
    """Leave word that a call is not recorded; raises nothing: a full disk must not cost the call."""
    said = json.dumps({"recording": recording, "why": why, "at": time.time()})
    _write(spool / "lost" / f"{secrets.token_hex(8)}.json", said)


def note_going(spool: Path, session: str, metadata: str) -> None:
    """Leave word of what is being recorded: the relay writes down what it was told at the end only. Raises nothing."""
    _write(spool / "going" / session, metadata)


def note_ready(spool: Path, session: str, metadata: str) -> None:
    """Leave word of what a person may record. Raises nothing."""
    _write(spool / "ready" / session, metadata)


def note_announced(spool: Path, session: str, words: str) -> None:
    """Keep what both sides have heard of a recording, or why they have not. Raises nothing."""
    _write(spool / "announced" / session, words)


def announced(spool: Path, session: str) -> str:
    """What `note_announced` kept, "" for nothing."""
    try:
        return (spool / "announced" / session).read_text()
    except OSError:
        return ""


def note_paused(spool: Path, session: str) -> None:
    """Take that word away: nothing is being recorded now. Raises nothing."""
    with contextlib.suppress(OSError):
        (spool / "going" / session).unlink()


def ready(spool: Path, session: str) -> str | None:
    """The metadata that were left for a session, None when there are none."""
    try:
        return (spool / "ready" / session).read_text()
    except OSError:
        return None


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.new")
    with contextlib.suppress(OSError):
        fresh.write_text(text)
        os.rename(fresh, path)
