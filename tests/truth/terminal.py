"""The command line as people type it, and what they get."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

import pytest

from carillon.cli.app import main
from carillon.system.paths import SystemPaths


@dataclass(frozen=True)
class Answer:
    """What the person got: exit status, standard output, standard error."""

    status: int
    out: str
    refusal: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Terminal:
    """Types commands about one system."""

    def __init__(self, paths: SystemPaths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.paths = paths
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def types(self, *words: str, stdin: str = "") -> Answer:
        """Type `carillon WORDS`, and get whatever comes."""
        self._monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        self._capsys.readouterr()
        status = main(["--dir", str(self.paths.directory), *words])
        out, err = self._capsys.readouterr()
        return Answer(status, out, err)

    def done(self, *words: str, stdin: str = "") -> Answer:
        """Type a command that must work."""
        answer = self.types(*words, stdin=stdin)
        assert answer.status == 0, answer.refusal
        return answer

    def refused(self, *words: str, stdin: str = "") -> str:
        """Type a command that must be refused; return the sentence."""
        answer = self.types(*words, stdin=stdin)
        assert answer.status == 1, answer
        assert answer.out == ""
        return answer.refusal

    def got(self, *words: str) -> Any:
        """Type a command that must work, with `--json`; return what it answers."""
        return self.done(*words, "--json").json
