"""Who is named at the other side of calls: the directory is read once for each, and again after a change."""

from __future__ import annotations

from carillon.states.naming import Names
from carillon.stores.ports import StoreDown


class Party:
    name = "Bob"


class Directory:
    """One person; `version` is another object after each change, None while the file can't be read."""

    def __init__(self) -> None:
        self.version: object = object()
        self.reads = 0

    def renew(self) -> None:
        """The next look asks whether something has changed."""

    def domains(self) -> object:
        if self.version is None:
            raise StoreDown("gone")
        return self.version

    def party(self, domain: str, number: str) -> Party | None:
        self.reads += 1
        return Party() if number == "102" else None


def test_a_name_is_read_once_until_something_changes() -> None:
    directory = Directory()
    names = Names(directory)  # type: ignore[arg-type]
    assert [names.of(each) for each in ("102@e.test", "102@e.test", "103@e.test", "103@e.test", "102")] == [
        *("Bob", "Bob", "", "", "")
    ]
    assert directory.reads == 2
    directory.version = object()
    assert names.of("102@e.test") == "Bob"
    assert directory.reads == 3
    directory.version = None
    assert names.of("102@e.test") == ""
