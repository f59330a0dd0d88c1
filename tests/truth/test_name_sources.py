"""Sources of names outside: how they are typed, kept, and put in force."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.truth.conftest import on_sqlite
from tests.truth.terminal import Terminal

from carillon.stores import namesources
from carillon.stores.directory import DirectoryReader
from carillon.stores.namesources import NameSource

URL = "https://crm.example.org/people?phone={number}"
SECRET = "s3cret-token"


@on_sqlite
def test_a_source_is_in_force_at_once_and_its_token_is_sealed(carillon: Terminal, worker: DirectoryReader) -> None:
    assert worker.domains()["example.org"].asks_names is False
    words = ("--url", URL, "--field", "0.name", "--keep", "3600", "--token", "-")
    said = carillon.done("book", "add", "crm", *words, stdin=f"{SECRET}\n")
    assert worker.domains()["example.org"].asks_names is True
    kept = NameSource("example.org", "crm", URL, "0.name", 3600, 1, SECRET)
    assert namesources.read(carillon.paths.name_sources) == (kept,)
    assert carillon.paths.name_sources.stat().st_mode & 0o777 == 0o600
    shown = carillon.got("book", "show", "crm")
    assert (shown["url"], shown["field"], shown["keep_s"], shown["token"]) == (URL, "0.name", 3600, "kept")
    everything = [said.out, str(shown), carillon.done("change", "list").out, carillon.done("book", "list").out]
    everything += [carillon.paths.name_sources.read_text(), carillon.paths.truth.read_bytes().decode("latin-1")]
    assert not any(SECRET in text for text in everything)
    carillon.done("book", "set", "crm", "--token", "", "--field", "name", "--keep", "60")
    assert namesources.read(carillon.paths.name_sources) == (NameSource("example.org", "crm", URL, "name", 60),)
    carillon.done("book", "remove", "crm")
    assert namesources.read(carillon.paths.name_sources) == ()
    assert worker.domains()["example.org"].asks_names is False


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--url", "crm.example.org/{number}"], "url: is no address"),
        (["--url", "file:///etc/passwd?{number}"], "url: is no address"),
        (["--url", "https://crm.example.org/people"], "url: must hold {number} once"),
        (["--url", "https://crm.example.org/{number}/{digits}"], "url: must hold {number} once"),
        (["--url", "https://{number}.example.org/{number}"], "url: has a place to fill in its host"),
        (["--url", "https://me:secret@crm.example.org/{number}"], "url: holds a user or password"),
        (["--url", "https://crm.example.org:99999/{number}"], "url: can't be understood"),
        (["--url", "https://crm.example.org/a b{number}"], "url: is no address"),
        (["--url", "http://crm.example.org/{number}", "--token", SECRET], "url: must begin with https://"),
        (["--url", f"{URL}&key={{token}}"], "token: is missing"),
        (["--url", URL, "--token", "with\ttab"], "token: can't be used"),
        (["--url", URL, "--field", "a..b"], "field: 'a..b' names no place"),
        (["--url", URL, "--keep", "5"], "keep: 5 isn't possible"),
        (["--url", URL, "--user", "101"], "user: can't be given with --url"),
        (["--token", SECRET], "url: is missing"),
    ],
)
def test_what_is_refused(carillon: Terminal, words: list[str], said: str) -> None:
    carillon.done("user", "add", "101", "--name", "Alice")
    refusal = carillon.refused("book", "add", "crm", *words)
    assert refusal.startswith(said)
    assert SECRET not in refusal
    assert "secret@" not in refusal


def test_a_source_has_no_entries_and_a_book_no_source(carillon: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "book.csv"
    file.write_text("name,phone\n")
    carillon.done("book", "add", "crm", "--url", "http://127.0.0.1:8080/{number}", "--token", SECRET)
    carillon.done("book", "add", "all")
    assert "asked at another system" in carillon.refused("book", "entry", "add", "crm", "Jan", "+32475123456")
    assert "asked at another system" in carillon.refused("book", "import", "crm", str(file))
    assert "is a book with entries" in carillon.refused("book", "set", "all", "--url", URL)
    assert "url: is missing" in carillon.refused("book", "set", "all", "--token", SECRET)
