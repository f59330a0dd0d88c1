"""Files that others read at any moment: they find the old text or the new one, and never a part."""

from __future__ import annotations

from pathlib import Path


def write(file: Path, text: str, mode: int | None = None) -> None:
    """Put a text in the place of a file's, by rename, with this mode where one is given. Raises OSError."""
    fresh = file.with_suffix(".new")
    fresh.write_text(text)
    if mode is not None:
        fresh.chmod(mode)
    fresh.replace(file)
