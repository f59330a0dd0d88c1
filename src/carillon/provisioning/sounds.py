"""Audio files of all kinds, made into what Asterisk plays: 8,000 samples of 16 bits a second, by SoX."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from carillon.model.announcement import LONGEST_S
from carillon.model.refused import Refused
from carillon.system.paths import SERVICE_USER

KINDS: Final = ("wav", "mp3", "ogg", "flac", "aiff", "aif", "au", "gsm", "ul", "al")
PATIENCE_S: Final = 60
LARGEST: Final = 200_000_000
_HEADER: Final = 44
_BYTES_A_SECOND: Final = 16000


def converted(file: Path) -> tuple[bytes, float]:
    """The sound of an audio file as a WAV file, and its length in seconds. Raises `Refused` for what is none."""
    kind = file.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise Refused("file", f"{file.name} is of no kind that can be played; give one of {', '.join(KINDS)}.")
    if shutil.which("sox") is None:
        raise Refused("file", "can't be converted: SoX is missing; install the packages in setup/packages.txt.")
    try:
        if file.stat().st_size > LARGEST:
            raise Refused("file", f"{file.name} is too large; {LARGEST // 1_000_000} MB is the most.")
        with file.open("rb") as sound:
            done = _sox(sound.fileno(), kind)
    except OSError as error:
        raise Refused("file", f"{file} can't be read ({error.strerror}).") from error
    except subprocess.TimeoutExpired as error:
        raise Refused("file", f"{file.name} takes too long to convert; give a shorter one.") from error
    seconds = max(len(done.stdout) - _HEADER, 0) / _BYTES_A_SECOND
    if done.returncode != 0 or seconds < 0.1:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Refused("file", f"{file.name} is no audio file that can be played ({words[0] if words else 'empty'}).")
    if seconds > LONGEST_S:
        raise Refused("file", f"{file.name} is {seconds:.0f} s long; {LONGEST_S:.0f} s is the most.")
    return _mended(done.stdout), seconds


def _sox(sound: int, kind: str) -> subprocess.CompletedProcess[bytes]:
    """It reads what anybody may have made, so it has no rights; it sees the open file and nothing else of its place."""
    shape = ("-r", "8000", "-c", "1", "-b", "16", "-e", "signed-integer", "-t", "wav")
    person = SERVICE_USER if os.geteuid() == 0 else None
    return subprocess.run(
        ["sox", "-V1", "-G", "-t", kind, "-", *shape, "-", "trim", "0", str(LONGEST_S + 1)],
        stdin=sound,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
        cwd="/",
        env={"PATH": "/usr/bin:/bin"},
        user=person,
        group=person,
        extra_groups=[] if person else None,
    )


def _mended(sound: bytes) -> bytes:
    """A pipe can't be wound back: the header is told its lengths afterwards."""
    size = len(sound)
    return sound[:4] + (size - 8).to_bytes(4, "little") + sound[8:40] + (size - 44).to_bytes(4, "little") + sound[44:]
