"""Who was not let in where satellites ask, and why: `status` of a main says it of a satellite that is silent."""

from __future__ import annotations

import json
import ssl
import threading
import time
from contextlib import suppress
from pathlib import Path

from carillon.system import whole

KEPT_S = 60.0
"""Whoever is refused asks again each second."""
_writing = threading.Lock()


def note(file: Path, address: str, error: ssl.SSLCertVerificationError) -> None:
    """Somebody at this address has shown a certificate that we don't accept."""
    with _writing, suppress(OSError):
        rows = {each: row for each, row in _rows(file).items() if time.time() - row[1] < KEPT_S}
        rows[address] = (f"the certificate that it shows isn't accepted here: {error.verify_message}", time.time())
        whole.write(file, json.dumps(rows))


def words(file: Path, address: str) -> str:
    """Why whoever is at this address is not let in now; "" when nothing is known."""
    said, at = _rows(file).get(address, ("", 0.0))
    return said if time.time() - at < KEPT_S else ""


def _rows(file: Path) -> dict[str, tuple[str, float]]:
    try:
        return {address: (said, at) for address, (said, at) in json.loads(file.read_text()).items()}
    except (OSError, ValueError, TypeError):
        return {}
