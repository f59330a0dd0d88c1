"""Address books: what is typed or imported, and which name workers then find."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.truth.terminal import Terminal

from carillon.stores.directory import DirectoryReader
from carillon.stores.ports import Named

JAN = "+32475123456"


@pytest.fixture(autouse=True)
def people(carillon: Terminal) -> None:
    """Alice and Bob; and another Alice elsewhere."""
    for extension, name in (("101", "Alice"), ("102", "Bob")):
        carillon.done("user", "add", extension, "--name", name)
    carillon.done("domain", "add", "b.org")
    carillon.done("user", "add", "101@b.org", "--name", "Alice of b")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The CSV file that the administrator has."""
    return tmp_path / "book.csv"


def name(worker: DirectoryReader, number: str = JAN, owner: str = "101") -> str | None:
    found = worker.named("example.org", number, owner)
    return found.name if found else None


def test_an_entry_is_in_force_at_once_and_only_in_its_domain(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("book", "add", "suppliers")
    words = ("Jan Peeters", "0475 12 34 56", "+32 (0)2/555.12.34", "--company", "Acme")
    answer = carillon.done("book", "entry", "add", "suppliers", *words)
    assert answer.out == "Jan Peeters (Acme) added to suppliers.\nIn force now.\n"
    found = worker.named("example.org", JAN, "101")
    assert found == Named("Jan Peeters (Acme)", "shared book suppliers")
    assert name(worker, "+3225551234") == "Jan Peeters (Acme)"
    assert worker.named("b.org", JAN, "101") is None
    assert carillon.got("book", "entry", "list", "suppliers") == [
        {"name": "Jan Peeters", "company": "Acme", "numbers": ["+3225551234", JAN], "note": ""}
    ]
    assert carillon.got("book", "find", "0475123456", "--user", "102") == {
        "number": JAN, "name": "Jan Peeters (Acme)", "source": "shared book suppliers",
    }  # fmt: skip


def test_ones_own_books_come_first_and_each_has_its_place(carillon: Terminal, worker: DirectoryReader) -> None:
    for words in (["first"], ["second"], ["own", "--user", "101"], ["later", "--user", "101"]):
        carillon.done("book", "add", *words)
        carillon.done("book", "entry", "add", words[0], f"Jan of {words[0]}", JAN, *words[1:])
    assert (name(worker), name(worker, owner="102"), name(worker, owner="")) == (
        "Jan of own", "Jan of first", "Jan of first",
    )  # fmt: skip
    carillon.done("book", "set", "second", "--position", "1")
    carillon.done("book", "set", "later", "--user", "101", "--position", "1")
    assert (name(worker), name(worker, owner="102")) == ("Jan of later", "Jan of second")
    listed = [(row["user"], row["name"], row["position"]) for row in carillon.got("book", "list")]
    assert listed == [(None, "second", 1), (None, "first", 2), ("101", "later", 1), ("101", "own", 2)]
    carillon.done("book", "remove", "later", "--user", "101")
    carillon.done("book", "remove", "second")
    assert (name(worker), name(worker, owner="102")) == ("Jan of own", "Jan of first")
    carillon.done("book", "entry", "remove", "own", JAN, "--user", "101")
    carillon.done("book", "entry", "remove", "first", "Jan of first")
    assert name(worker) is None


def test_a_mobile_and_a_number_of_a_person_are_the_person(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("book", "add", "suppliers")
    carillon.done("book", "entry", "add", "suppliers", "Somebody", JAN)
    carillon.done("user", "set", "102", "--mobile", "0475 12 34 56", "--mobile", "+33612345678")
    carillon.done("number", "add", "+3225550102", "--to", "102")
    assert worker.named("example.org", JAN, "101") == Named("Bob", "person 102", "102")
    assert (name(worker, "+33612345678"), name(worker, "+3225550102")) == ("Bob", "Bob")
    assert carillon.got("user", "show", "102")["mobiles"] == ["+32475123456", "+33612345678"]
    carillon.done("user", "set", "102", "--name", "Robert")
    assert name(worker) == "Robert"
    assert "mobile of 102" in carillon.refused("user", "set", "101", "--mobile", JAN)
    assert "number of this system" in carillon.refused("user", "set", "101", "--mobile", "+3225550102")
    carillon.done("user", "set", "102", "--mobile", "")
    assert name(worker) == "Somebody"
    assert name(worker, "+33612345678") is None
    carillon.done("user", "remove", "102")
    assert name(worker, "+3225550102") is None


def test_who_goes_takes_his_books_along(carillon: Terminal, worker: DirectoryReader) -> None:
    carillon.done("book", "add", "own", "--user", "102")
    carillon.done("book", "entry", "add", "own", "Jan", JAN, "--user", "102")
    carillon.done("user", "set", "102", "--mobile", "+33612345678")
    carillon.done("user", "remove", "102")
    assert name(worker, owner="102") is None
    assert carillon.got("book", "list") == []
    carillon.done("book", "add", "all@b.org")
    carillon.done("user", "remove", "101@b.org")
    carillon.done("domain", "remove", "b.org")
    assert carillon.got("book", "list") == []


def test_a_book_comes_with_a_file(carillon: Terminal, worker: DirectoryReader, file: Path) -> None:
    carillon.done("book", "add", "suppliers")
    file.write_text(
        "\ufeffFirst Name;Last Name;Company;E-mail;Business Phone;Mobile Phone;Phone 1 - Type\n"
        "Jan;Peeters;Acme;jan@acme.test;02 555 12 34;0475/12.34.56;Mobile\n"
        ';;Bolts & "Co";;+32 2 555 00 00 ::: 025550001;;\n'
        'Zoë;"O\'Neil\n the second";;;;+33 6 12 34 56 78;\n'
    )
    answer = carillon.done("book", "import", "suppliers", str(file), "--dry-run")
    assert answer.out == "3 entries would be added, 0 would be changed, 0 unchanged; no lines refused.\n"
    assert answer.refusal == "Left out, as not needed: column e-mail, phone 1 - type.\n"
    assert name(worker) is None
    carillon.done("book", "import", "suppliers", str(file))
    assert [name(worker, number) for number in (JAN, "+3225551234", "+3225550001", "+33612345678")] == [
        "Jan Peeters (Acme)", "Jan Peeters (Acme)", 'Bolts & "Co"', "Zoë O'Neil the second",
    ]  # fmt: skip
    again = carillon.done("book", "import", "suppliers", str(file)).out
    assert again.startswith("0 entries added, 0 changed, 3 unchanged;")


def test_export_then_import_changes_nothing(carillon: Terminal, file: Path) -> None:
    carillon.done("book", "add", "suppliers")
    carillon.done("book", "entry", "add", "suppliers", 'Jan "the man", Peeters', JAN, "+3225551234", "--note", "a; b")
    carillon.done("book", "entry", "add", "suppliers", "", "+3225551235", "--company", "=Acme")
    assert carillon.done("book", "export", "suppliers", str(file)).out == f"2 entries written to {file}.\n"
    answer = carillon.done("book", "import", "suppliers", str(file), "--replace")
    assert answer.out.startswith("0 entries added, 0 changed, 2 unchanged; no lines refused.")


def test_an_import_changes_what_is_in_the_file_and_with_replace_the_rest_goes(
    carillon: Terminal, worker: DirectoryReader, file: Path
) -> None:
    carillon.done("book", "add", "suppliers")
    file.write_text(f"name,phone\nJan,{JAN}\nPiet,+3225551234\n")
    carillon.done("book", "import", "suppliers", str(file))
    file.write_text(f"name,phone\nJan P,{JAN}\nKlaas,+3225551235\n")
    answer = carillon.done("book", "import", "suppliers", str(file))
    assert answer.out.startswith("1 entry added, 1 changed, 0 unchanged; no lines refused.")
    assert [name(worker, number) for number in (JAN, "+3225551234", "+3225551235")] == ["Jan P", "Piet", "Klaas"]
    answer = carillon.done("book", "import", "suppliers", str(file), "--replace")
    assert answer.out.startswith("0 entries added, 0 changed, 2 unchanged, 1 numbers removed; no lines refused.")
    assert name(worker, "+3225551234") is None


def test_each_refused_line_is_reported_and_the_others_are_imported(
    carillon: Terminal, worker: DirectoryReader, file: Path
) -> None:
    carillon.done("book", "add", "suppliers")
    long, over = "x" * 200, "\u202egnp.exe"
    file.write_text(
        "name,company,numbers\n"
        f"Jan,,{JAN}\n"
        ",,+3225551234\n"
        "Piet,,\n"
        "Klaas,,12\n"
        "Kees,,call me\n"
        f"{long},,+3225551235\n"
        f"Again,,{JAN}\n"
        "Bell\x07,,+3225551236\n"
        'Quo"te,,"+3225551237\n'
        f'"{over}",,"\u202a+32 2 555 12 38\u202c"\n',
        encoding="utf-8",
    )
    answer = carillon.types("book", "import", "suppliers", str(file))
    assert answer.status == 1
    assert [line.split(": ")[:2] for line in answer.refusal.splitlines()] == [
        ["line 3", "name"],
        ["line 4", "numbers"],
        ["line 5", "numbers"],
        ["line 6", "numbers"],
        ["line 7", "name"],
        ["line 8", "numbers"],
        ["line 9", "name"],
        ["line 10", "line"],
    ]
    assert f"{JAN} is on line 2 already" in answer.refusal
    assert "has 200 characters" in answer.refusal
    assert (name(worker), name(worker, "+3225551238")) == ("Jan", None)


def test_marks_that_turn_the_direction_of_writing_are_left_out(
    carillon: Terminal, worker: DirectoryReader, file: Path
) -> None:
    carillon.done("book", "add", "suppliers")
    file.write_text('name,numbers\n"\u202eAnn\u202c Lee","\u202a+32 2 555 12 38\u202c"\n', encoding="utf-8")
    carillon.done("book", "import", "suppliers", str(file))
    assert name(worker, "+3225551238") == "Ann Lee"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "must have a column name"),
        (b"name\nJan\n", "must have a column name"),
        (b"name,phone,phone\n", "is there twice"),
        (b"name,phone\nJ\xe9r\xf4me,+3225551234\n", "isn't UTF-8 (line 2)"),
        (b"name,phone\n\0,1\n", "is no text"),
        (b"PK\x03\x04\x14", "must have a column name"),
    ],
)
def test_a_file_of_another_kind(carillon: Terminal, file: Path, content: bytes, said: str) -> None:
    carillon.done("book", "add", "suppliers")
    file.write_bytes(content)
    assert said in carillon.refused("book", "import", "suppliers", str(file))
    assert "can't be read" in carillon.refused("book", "import", "suppliers", str(file.parent / "none.csv"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "all"], "is a book there already"),
        (["add", "two words"], "is no name"),
        (["add", "all@nowhere.org"], "isn't served here"),
        (["add", "own", "--user", "199"], "there is no user 199"),
        (["show", "none"], "there is no book none shared in example.org"),
        (["show", "own"], "own is one of 101: give --user"),
        (["set", "all", "--position", "2"], "choose 1 to 1"),
        (["entry", "add", "all", "Jan", "12"], "can't be a number"),
        (["entry", "add", "all", "Jan", "+32475123456"], "is Jan in all already"),
        (["entry", "add", "all", "", "+3225551234"], "is empty"),
        (["entry", "remove", "all", "Nobody"], "isn't in all"),
        (["find", "call me"], "is no outside number"),
    ],
)
def test_what_is_refused(carillon: Terminal, words: list[str], said: str) -> None:
    carillon.done("book", "add", "all")
    carillon.done("book", "add", "own", "--user", "101")
    carillon.done("book", "entry", "add", "all", "Jan", JAN)
    assert said in carillon.refused("book", *words)


def test_the_journal_says_who_changed_a_book(carillon: Terminal, file: Path) -> None:
    carillon.done("book", "add", "all")
    carillon.done("book", "entry", "add", "all", "Jan", JAN)
    file.write_text("name,phone\nPiet,+3225551234\n")
    carillon.done("book", "import", "all", str(file))
    kinds = [(row["noun"], row["key"], row["change"]) for row in carillon.got("change", "list")][-3:]
    assert kinds == [("book", "all", "added"), ("entry", JAN, "added"), ("book", "all", "changed")]
