"""Asking real HTTP servers: those that know, those that don't, and those that misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.names.sources import Asked, Source

from carillon.names import asking
from carillon.names.answers import Unusable
from carillon.stores.namesources import NameSource

JAN = "+32475123456"


@pytest.fixture
def server() -> Iterator[Source]:
    """A source on loopback."""
    with Source.open() as source:
        yield source


def source_at(server: Source, **fields: Any) -> NameSource:
    return replace(NameSource("example.org", "crm", server.url, "name", 3600), **fields)


def asked(source: NameSource, number: str = JAN) -> str:
    async def ask() -> str:
        async with asking.client() as by:
            return await asking.ask(by, source, number)

    return asyncio.run(ask())


def test_a_source_that_knows_the_number(server: Source) -> None:
    server.knows({JAN: "Jan Peeters"})
    assert asked(source_at(server)) == "Jan Peeters"
    assert asked(source_at(server), "+3225551234") == ""
    assert server.asked == [(JAN, None), ("+3225551234", None)]


def test_the_number_without_its_plus_and_a_token_in_the_address(server: Source) -> None:
    server.says(b'{"name": "Jan"}')
    url = server.url.replace("{number}", "{digits}?key={token}")
    assert asked(source_at(server, url=url, token="s3 &cret")) == "Jan"
    assert server.asked == [("32475123456?key=s3 &cret", None)]


def test_a_token_goes_along_as_bearer_and_nowhere_else(server: Source) -> None:
    with Source.open() as thief:
        server.says(b"", 302, ("Location", thief.url.replace("{number}", JAN)))
        with pytest.raises(Unusable, match="answers 302"):
            asked(source_at(server, token="s3cret"))
        assert thief.asked == []
    assert server.asked == [(JAN, "Bearer s3cret")]


@pytest.mark.parametrize("code", [204, 404, 410])
def test_a_source_that_does_not_know_the_number(server: Source, code: int) -> None:
    server.says(b"" if code == 204 else b"<h1>Not here</h1>", code)
    assert asked(source_at(server)) == ""


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        (b"oh", 500, "answers 500"),
        (b"no", 401, "answers 401"),
        (b"<html>Welcome</html>", 200, "no JSON"),
        (b" " * 50_000_000, 200, "longer than 64 kB"),
    ],
)
def test_an_answer_that_is_of_no_use(server: Source, body: bytes, code: int, said: str) -> None:
    server.says(body, code)
    with pytest.raises(Unusable, match=said):
        asked(source_at(server))
    server.knows({JAN: "Jan"})
    assert asked(source_at(server)) == "Jan"


def test_a_source_that_hangs_or_drips(server: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "DEADLINE_S", 0.3)
    server.hangs()
    with pytest.raises(Unusable, match=r"no answer within 0\.3 s"):
        asked(source_at(server))

    def drips(to: Asked) -> None:
        to.send_response(200)
        to.send_header("Content-Length", "60000")
        to.end_headers()
        while not server.freed.wait(0.05):
            to.wfile.write(b" ")

    server.answer = drips
    with pytest.raises(Unusable, match=r"no answer within 0\.3 s"):
        asked(source_at(server))


def test_a_source_that_is_not_there_or_speaks_something_else(server: Source) -> None:
    with Source.open() as gone:
        url = gone.url
    with pytest.raises(Unusable, match="no connection"):
        asked(source_at(server, url=url))

    def greets(to: Asked) -> None:
        to.wfile.write(b"220 mail.example.org ESMTP\r\n")
        to.close_connection = True

    server.answer = greets
    with pytest.raises(Unusable, match="no proper HTTP"):
        asked(source_at(server))


def test_a_secret_is_in_no_representation(server: Source) -> None:
    assert "s3cret" not in repr(source_at(server, token="s3cret"))
