"""People in CSV files: import, dry run, export."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.truth.terminal import Terminal

from carillon.provisioning import changes, users
from carillon.provisioning.people import export_people, import_people
from carillon.stores.directory import DirectoryReader

HEADER = "extension,name,email,domain,site,rights,numbers\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The CSV file that the administrator has."""
    return tmp_path / "people.csv"


def everything(carillon: Terminal) -> object:
    """What there is of people."""
    return [carillon.got(*words) for words in (["user", "list"], ["number", "list"])]


def test_people_come_with_a_file(carillon: Terminal, worker: DirectoryReader, file: Path) -> None:
    carillon.done("site", "add", "liege")
    carillon.done("domain", "add", "b.org")
    file.write_text(
        HEADER
        + "101,Alice Martin,alice@example.org,,liege,national mobile,+32 2 555 12 34\n"
        + '102,"Dupont, Bob",,example.org,,all,"+3225551235; 200"\n'
        + "101,Zoë 😀,,b.org,,none,\n"
    )
    answer = carillon.done("user", "import", str(file))
    assert answer.out == "3 users added, 0 changed, 0 unchanged; no lines refused.\nIn force now.\n"
    alice = carillon.got("user", "show", "101")
    assert (alice["site"], alice["rights"], alice["numbers"]) == ("liege", ["national", "mobile"], ["+3225551234"])
    assert carillon.got("user", "show", "102")["numbers"] == ["+3225551235", "200"]
    party = worker.party("example.org", "200")
    assert party is not None
    assert (party.name, len(party.outside)) == ("Dupont, Bob", 7)
    party = worker.party("b.org", "101")
    assert party is not None
    assert (party.name, party.outside) == ("Zoë 😀", frozenset())


def test_each_refused_line_is_reported_and_the_others_are_imported(carillon: Terminal, file: Path) -> None:
    carillon.done("user", "add", "110", "--name", "There already")
    carillon.done("number", "add", "+3225550000", "--to", "110")
    file.write_text(
        HEADER
        + "101,Alice,alice@example.org,,,,\n"
        + "10x,Bob,,,,,\n"
        + "102,,,,,,\n"
        + "103,Carol,carol,,,,\n"
        + "\n"
        + "104,Dave,,elsewhere.org,,,\n"
        + "105,Eve,,,ghent,,\n"
        + "106,Frank,,,,lunar,\n"
        + "107,Grace,,,,,+999\n"
        + "108,Heidi,,,,,+3225550000\n"
        + "109,Ivan,,,,,110\n"
        + "101,Alice again,,,,,\n"
        + "111,Judy\n"
        + '112,"Ju"dy,,,,,\n'
        + "113,Last,,,,,\n"
    )
    answer = carillon.types("user", "import", str(file))
    assert answer.status == 1
    assert answer.out.startswith("2 users added, 0 changed, 0 unchanged; 12 lines refused.")
    told = [line.split(": ")[:2] for line in answer.refusal.splitlines()]
    assert told == [
        ["line 3", "extension"],
        ["line 4", "name"],
        ["line 5", "email"],
        ["line 7", "domain"],
        ["line 8", "site"],
        ["line 9", "rights"],
        ["line 10", "numbers"],
        ["line 11", "numbers"],
        ["line 12", "numbers"],
        ["line 13", "extension"],
        ["line 14", "line"],
        ["line 15", "line"],
    ]
    assert "101 is on line 2 already" in answer.refusal
    assert "+3225550000 is a number of 110 in example.org already" in answer.refusal
    assert [user["extension"] for user in carillon.got("user", "list")] == ["101", "110", "113"]
    refused = carillon.types("user", "import", str(file), "--json").json["refused"]
    assert refused[0] == {"line": 3, "field": "extension", "sentence": "'10x' is no extension; use 1 to 15 digits."}


def test_a_dry_run_says_what_would_be_and_changes_nothing(carillon: Terminal, truth: Engine, file: Path) -> None:
    file.write_text(HEADER + "101,Alice,,,,,+3225551234\n102,,,,,,\n")
    before = everything(carillon), changes.listing(truth)
    answer = carillon.types("user", "import", str(file), "--dry-run")
    assert (answer.status, answer.out) == (
        1,
        "1 user would be added, 0 would be changed, 0 unchanged; 1 line refused.\n",
    )
    assert answer.refusal.startswith("line 3: name: ")
    assert (everything(carillon), changes.listing(truth)) == before


def test_export_then_import_changes_nothing(carillon: Terminal, truth: Engine, file: Path) -> None:
    carillon.done("domain", "add", "b.org")
    carillon.done("site", "add", "liege")
    for extension, name in (
        ("101", 'Alice "Al", Martin'),
        ("102", "Zoë; or not"),
        ("0101", "Null"),
        ("101@b.org", "B"),
    ):
        carillon.done("user", "add", extension, "--name", name, "--email", "a@b.org")
    carillon.done("user", "set", "102", "--site", "liege", "--email", "")
    for extension, rights in (("101", "all"), ("102", "none"), ("0101", "special,free")):
        carillon.done("right", "set", extension, "--outside", rights)
    for number in ("+3225551234", "+3225551235", "200"):
        carillon.done("number", "add", number, "--to", "101")
    carillon.done("number", "add", "+3225550199", "--to", "access")
    carillon.done("user", "set", "101", "--caller-number", "+3225551234", "--withhold", "yes")
    before = everything(carillon), changes.listing(truth)
    assert carillon.done("user", "export", str(file)).out == f"4 users written to {file}.\n"
    assert file.read_text().startswith(HEADER)
    answer = carillon.done("user", "import", str(file))
    assert answer.out.startswith("0 users added, 0 changed, 4 unchanged; no lines refused.")
    assert (everything(carillon), changes.listing(truth)) == before


def test_a_file_makes_the_same_people_elsewhere(carillon: Terminal, truth: Engine, file: Path) -> None:
    rows = "101,Alice,a@b.org,example.org,main,national mobile,+3225551234 200\n102,Bob,,example.org,main,all,\n"
    file.write_text(HEADER + rows)
    carillon.done("user", "import", str(file))
    assert export_people(truth) == (HEADER + rows, 2)
    assert carillon.done("user", "export", "-", "--domain", "example.org").out == HEADER + rows
    assert carillon.refused("user", "export", "-", "--domain", "c.org").startswith("domain: c.org isn't served")


def test_users_are_changed_by_extension_and_what_has_no_column_stays(carillon: Terminal, file: Path) -> None:
    carillon.done("user", "add", "101", "--name", "Alice", "--email", "a@example.org")
    carillon.done("user", "add", "102", "--name", "Bob", "--email", "b@example.org")
    carillon.done("number", "add", "200", "--to", "101")
    carillon.done("right", "set", "101", "--outside", "all")
    file.write_text("email,extension\n,101\nb@example.org,102\n")
    assert carillon.done("user", "import", str(file)).out.startswith("0 users added, 1 changed, 1 unchanged")
    alice = carillon.got("user", "show", "101")
    assert (alice["name"], alice["email"], alice["numbers"]) == ("Alice", None, ["200"])
    assert len(alice["rights"]) == 7
    file.write_text("extension,numbers\n101,201\n")
    assert carillon.done("user", "import", str(file)).out.startswith("0 users added, 1 changed, 0 unchanged")
    assert carillon.got("user", "show", "101")["numbers"] == ["201"]
    file.write_text("extension\n103\n")
    assert "line 2: name: is missing, and 103 is new" in carillon.types("user", "import", str(file)).refusal


def test_numbers_change_hands_within_a_file(carillon: Terminal, file: Path) -> None:
    for extension, number in (("101", "+3225551234"), ("102", "+3225551235"), ("103", "200")):
        carillon.done("user", "add", extension, "--name", "Somebody")
        carillon.done("number", "add", number, "--to", extension)
    file.write_text(
        "extension,name,numbers\n200,New,\n101,Somebody,+3225551235\n102,Somebody,+3225551234\n103,Somebody,\n"
    )
    carillon.done("user", "import", str(file))
    reached = {row["number"]: row["to"] for row in carillon.got("number", "list")}
    assert (reached["+3225551235"], reached["+3225551234"], reached["200"]) == ("101", "102", "200")


def test_what_a_refused_line_gives_up_is_not_free(carillon: Terminal, file: Path) -> None:
    for extension, number in (("101", "+3225551234"), ("102", "+3225551235"), ("103", "+3225551236")):
        carillon.done("user", "add", extension, "--name", "Somebody")
        carillon.done("number", "add", number, "--to", extension)
    file.write_text("extension,numbers\n101,+3225551235\n102,+3225551236\n104,\n103,+3225551236\n")
    answer = carillon.types("user", "import", str(file))
    assert [line.split(": ")[0] for line in answer.refusal.splitlines()] == ["line 2", "line 3", "line 4"]
    reached = {row["number"]: row["to"] for row in carillon.got("number", "list")}
    assert (reached["+3225551234"], reached["+3225551235"], reached["+3225551236"]) == ("101", "102", "103")


def test_the_number_that_somebody_shows_is_not_taken_from_him(carillon: Terminal, file: Path) -> None:
    carillon.done("user", "add", "101", "--name", "Alice")
    carillon.done("number", "add", "+3225551234", "--to", "101")
    carillon.done("user", "set", "101", "--caller-number", "+3225551234")
    file.write_text("extension,numbers\n101,200\n")
    assert "numbers: lack +3225551234" in carillon.types("user", "import", str(file)).refusal


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + HEADER.encode() + "101,Zoë,,,,,\r\n".encode(),
        HEADER.replace(",", ";").encode() + "101;Zoë;;;;;\n".encode(),
        HEADER.replace(",", "\t").encode() + "101\tZoë\t\t\t\t\t".encode(),
        "\ufeffName ; EXTENSION\r\n Zoë ; 101 \r\n".encode(),
        'extension,name\n101,"Zoë"\n\n,\n'.encode(),
    ],
)
def test_files_of_all_kinds_are_understood(carillon: Terminal, file: Path, data: bytes) -> None:
    file.write_bytes(data)
    carillon.done("user", "import", str(file))
    assert [(user["extension"], user["name"]) for user in carillon.got("user", "list")] == [("101", "Zoë")]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "has no column extension"),
        (b"101,Alice\n", "has no column extension"),
        (b"extension,name,phone\n", "its column 'phone' isn't known"),
        (b"extension,name,name\n", "its column 'name' is there twice"),
        ("extension,name\n101,Zoë\n".encode("latin-1"), "isn't UTF-8 (line 2)"),
        ("extension,name\n101,Zoë\n".encode("utf-16"), "isn't UTF-8 (line 1)"),
        (b"PK\x03\x04\0\0", "is no text"),
    ],
)
def test_a_file_of_another_kind_is_refused(carillon: Terminal, file: Path, data: bytes, sentence: str) -> None:
    file.write_bytes(data)
    assert carillon.refused("user", "import", str(file)).startswith(f"file: {sentence}")
    assert carillon.got("user", "list") == []


def test_files_that_cannot_be_read_or_written_are_refused(carillon: Terminal, tmp_path: Path) -> None:
    assert carillon.refused("user", "import", str(tmp_path / "none.csv")).startswith("file: ")
    assert carillon.refused("user", "export", str(tmp_path / "none" / "people.csv")).startswith("file: ")


def test_a_file_may_come_on_standard_input(truth: Engine) -> None:
    report = import_people(truth, "me", io.BytesIO(b"extension,name\n101,Alice\n").read())
    assert (report.added, report.refused) == (1, ())


def test_thousands_come_and_the_directory_follows(carillon: Terminal, worker: DirectoryReader, file: Path) -> None:
    lines = (f"{1000 + n},Person {n},p{n}@example.org,,,national,+3225{n:06}" for n in range(10_000))
    file.write_text(HEADER + "\n".join(lines))
    begin = time.perf_counter()
    carillon.done("user", "import", str(file))
    print(f"10,000 people imported and in force after {time.perf_counter() - begin:.1f} s")
    party = worker.party("example.org", "+3225009999")
    assert party is not None
    assert party.name == "Person 9999"


def test_each_user_and_number_is_journalled(carillon: Terminal, truth: Engine, file: Path) -> None:
    users.add(truth, "me", "101", "Alice")
    before = changes.listing(truth)[-1].sequence
    file.write_text("extension,name,numbers\n101,Alice Peeters,200\n102,Bob,\n")
    carillon.done("user", "import", str(file))
    told = [(str(one.subject), one.kind) for one in changes.listing(truth) if one.sequence > before]
    assert told == [("102@example.org", "added"), ("101@example.org", "changed"), ("200@example.org", "added")]
