"""The sounds of announcements on disk, as Asterisk plays them."""

from __future__ import annotations

import os
from pathlib import Path


class Prompts:
    """The prompts below a directory, by domain and name."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def place(self, domain: str, name: str) -> Path:
        """Where a prompt is; it need not be there."""
        return self.root / domain / f"{name}.wav"

    def keep(self, domain: str, name: str, sound: bytes) -> None:
        """Put a prompt in its place, for whoever owns the directory. Raises OSError."""
        place = self.place(domain, name)
        owner = self.root.stat()
        if not place.parent.is_dir():
            place.parent.mkdir(mode=0o700)
            os.chown(place.parent, owner.st_uid, owner.st_gid)
        fresh = place.with_suffix(".new")
        fresh.write_bytes(sound)
        os.chown(fresh, owner.st_uid, owner.st_gid)
        fresh.replace(place)

    def remove(self, domain: str, name: str) -> None:
        """Take a prompt away."""
        self.place(domain, name).unlink(missing_ok=True)
