"""Asking one source for one number, by HTTP: within a deadline, and taking no more than a name needs."""

from __future__ import annotations

import asyncio
import ssl
from urllib.parse import quote

import certifi
import httpx

import carillon
from carillon.names.answers import Unusable, name_in
from carillon.stores.namesources import NameSource

DEADLINE_S = 3.0
MOST_BYTES = 64 * 1024
AT_ONCE = 16
HEADERS = {
    "User-Agent": f"Carillon/{carillon.__version__}",
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # what is small when it comes shall be small when it is read
}


def client() -> httpx.AsyncClient:
    """A client that follows no redirections: a token goes nowhere else. It trusts the machine's authorities, too."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    return httpx.AsyncClient(timeout=DEADLINE_S, limits=limits, verify=context, trust_env=False, headers=HEADERS)


async def ask(by: httpx.AsyncClient, source: NameSource, number: str) -> str:
    """The name of an E.164 number, "" when the source does not know it. Raises `Unusable`."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            return name_in(await _body(by, source, number), source.path)
    except TimeoutError as late:
        raise Unusable(f"no answer within {DEADLINE_S:g} s") from late
    except httpx.ConnectError as error:
        raise Unusable("no connection" if "CERTIFICATE" not in str(error) else "its certificate is refused") from error
    except httpx.HTTPError as error:
        late_too = isinstance(error, httpx.TimeoutException)
        raise Unusable(f"no answer within {DEADLINE_S:g} s" if late_too else "it speaks no proper HTTP") from error
    except (httpx.InvalidURL, UnicodeError) as error:
        raise Unusable("its address can't be used") from error


def address(source: NameSource, number: str) -> str:
    """Where a number is asked for."""
    filled = source.url.replace("{number}", quote(number, safe="")).replace("{digits}", number.removeprefix("+"))
    return filled.replace("{token}", quote(source.token, safe=""))


async def _body(by: httpx.AsyncClient, source: NameSource, number: str) -> bytes:
    headers = {"Authorization": f"Bearer {source.token}"} if source.token and "{token}" not in source.url else {}
    async with by.stream("GET", address(source, number), headers=headers) as response:
        if response.status_code in (204, 404, 410):
            return b""
        if response.status_code != 200:
            raise Unusable(f"it answers {response.status_code}")
        body = b""
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > MOST_BYTES:
                raise Unusable(f"its answer is longer than {MOST_BYTES // 1024} kB")
        return body
