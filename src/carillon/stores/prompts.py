"""The sounds of announcements on disk, as Asterisk plays them."""

from __future__ import annotations

import wave
from pathlib import Path

from carillon.stores import gone, latest


class Prompts:
    """The prompts below a directory, by domain and name."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def place(self, domain: str, name: str) -> Path:
        """Where a prompt is; it need not be there."""
        return self.root / domain / f"{name}{latest.SOUND}"

    def keep(self, domain: str, name: str, sound: bytes) -> None:
        """Put a prompt in its place, for whoever owns the directory. Raises OSError."""
        place = self.place(domain, name)
        fresh = place.with_suffix(".new")
        with gone.alone(place.parent):
            fresh.write_bytes(sound)
        latest.keep(place.parent, name, fresh)
        gone.notice(self.root)

    def problem(self, domain: str, name: str) -> str:
        """Why a prompt can't be played any more, as the rest of a sentence; "" when it can."""
        place = self.place(domain, name)
        try:
            with wave.open(str(place)) as sound:
                bytes_ = sound.getnframes() * sound.getnchannels() * sound.getsampwidth()
            if not bytes_:
                return "has no sound"
            return "is cut off" if place.stat().st_size < bytes_ else ""
        except FileNotFoundError:
            return "is missing"
        except OSError as error:
            return f"can't be read ({error.strerror})"
        except (wave.Error, EOFError):
            return "is no sound any more"

    def remove(self, domain: str, name: str) -> None:
        """Take a prompt away."""
        latest.take_away(self.root / domain, name)
        gone.notice(self.root)
