"""What is in a backup, and the manifest that says so."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carillon.model.refused import Refused
from carillon.provisioning.trunkkey import FILE as TRUNK_KEY
from carillon.system.paths import SystemPaths

FORMAT = 1
"""Raise it when an older version could not restore the archive any more."""

MANIFEST = "manifest.json"
MANIFEST_BYTES = 1_000_000
VOICEMAIL, PROMPTS = "voicemail/", "prompts/"
TRUTH, LOCATION = "carillon.db", "location.db"
CHUNK = 1 << 20
_PROMPT = re.compile(r"prompts/([a-z0-9][a-z0-9.-]*)/([A-Za-z0-9][A-Za-z0-9._-]{0,31}\.wav)")
_VOICE = re.compile(r"voicemail/([a-z0-9][a-z0-9.-]*)/([0-9]{1,15})/([a-z0-9-]{1,60}\.(?:wav|json))")


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a backup: its length in bytes and its SHA-256 in hex."""

    length: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Which system a backup is of, made when (ISO 8601, UTC) and by which version; `truth` is its migration."""

    version: str
    made_at: str
    domain: str
    truth: str
    parts: dict[str, Part]

    def as_json(self) -> str:
        """The text of `manifest.json`."""
        parts = {name: {"length": part.length, "sha256": part.sha256} for name, part in self.parts.items()}
        head = {"format": FORMAT, "version": self.version, "made_at": self.made_at, "domain": self.domain}
        return json.dumps({**head, "truth": self.truth, "files": parts}, indent=2)

    @classmethod
    def parse(cls, text: bytes) -> Manifest:
        """The manifest in this text. Raises `Refused` when it is none, or of a newer form."""
        try:
            found: dict[str, Any] = json.loads(text)
            if int(found["format"]) > FORMAT:
                raise newer(str(found["version"]))
            parts = {str(name): Part(int(one["length"]), str(one["sha256"])) for name, one in found["files"].items()}
            return cls(str(found["version"]), str(found["made_at"]), str(found["domain"]), str(found["truth"]), parts)
        except Refused:
            raise
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise damaged("its manifest can't be read") from error


def places(paths: SystemPaths) -> dict[str, Path]:
    """Where each file of a backup belongs in this system, by its name in the archive. Nothing else is in one."""
    return {
        "secret.key": paths.secret,
        "demo.key": paths.demo_key,
        TRUNK_KEY: paths.directory / TRUNK_KEY,
        "node": paths.node,
        "tls/key.pem": paths.tls / "key.pem",
        "tls/certificate.pem": paths.tls / "certificate.pem",
        LOCATION: paths.state / LOCATION,
        TRUTH: paths.truth,
    }


def voice_messages(paths: SystemPaths) -> dict[str, Path]:
    """Where each voice message and prompt is, by its name in the archive; what is being recorded is not there yet."""
    root, prompts = paths.voicemail, paths.prompts
    files = (file for file in root.glob("*/*/*") if file.suffix in (".wav", ".json"))
    messages = {f"{VOICEMAIL}{file.relative_to(root)}": file for file in sorted(files)}
    return messages | {f"{PROMPTS}{file.relative_to(prompts)}": file for file in sorted(prompts.glob("*/*.wav"))}


def voice_message(paths: SystemPaths, name: str) -> Path | None:
    """Where a file of the voicemail, or a prompt, goes; None for a name that is none."""
    if found := _PROMPT.fullmatch(name):
        return paths.prompts / found[1] / found[2]
    found = _VOICE.fullmatch(name)
    return paths.voicemail / found[1] / found[2] / found[3] if found else None


def newer(version: str) -> Refused:
    """The refusal of a backup that this version can't understand."""
    return Refused("file", f"was made by a newer version ({version}); restore it with that version.")


def damaged(why: str) -> Refused:
    """The refusal of a file that is no backup, or no whole one."""
    return Refused("file", f"is no whole backup of a system: {why}; give one that `carillon backup` made.")
