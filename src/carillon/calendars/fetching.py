"""Getting a calendar, from a file or by HTTP: within a deadline, taking no more than a calendar needs."""

from __future__ import annotations

import asyncio
import os
import ssl
import stat
from dataclasses import dataclass
from typing import Final

import certifi
import httpx

import carillon
from carillon.calendars.events import BadCalendar
from carillon.calendars.reading import MOST_BYTES

DEADLINE_S: Final = 30.0
"""For all of it: a feed that says a byte a second ends with that, too."""
MOST_REDIRECTIONS: Final = 3
AT_ONCE: Final = 16
HEADERS: Final = {
    "User-Agent": f"Carillon/{carillon.__version__}",
    "Accept": "text/calendar, */*;q=0.5",
    "Accept-Encoding": "identity",  # what is small when it comes shall be small when it is read
}
_TOO_LONG: Final = f"is longer than {MOST_BYTES >> 20} MB"


@dataclass(frozen=True, slots=True)
class Seen:
    """What tells whether a calendar has changed: ETag and Last-Modified, or a file's number and time."""

    tag: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True)
class Got:
    """A calendar as it came; `data` is None when it is still what was seen."""

    data: bytes | None
    seen: Seen


def client() -> httpx.AsyncClient:
    """A client that trusts the machine's authorities, too, and asks no proxy."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=0)
    return httpx.AsyncClient(timeout=DEADLINE_S, limits=limits, verify=context, trust_env=False, headers=HEADERS)


async def get(by: httpx.AsyncClient, location: str, seen: Seen) -> Got:
    """The calendar at a path or URL. Raises BadCalendar, whose words hold nothing of the URL."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            if "://" not in location:
                return await asyncio.to_thread(_from_file, location, seen)
            return await _from_feed(by, location, seen)
    except (TimeoutError, httpx.TimeoutException) as late:
        raise BadCalendar(f"is not there within {DEADLINE_S:g} s") from late
    except httpx.ConnectError as error:
        refused = "CERTIFICATE" in str(error)
        raise BadCalendar("has a certificate that is refused" if refused else "can't be reached") from error
    except httpx.HTTPError as error:
        raise BadCalendar("comes by no proper HTTP") from error
    except (httpx.InvalidURL, UnicodeError) as error:
        raise BadCalendar("has an address that can't be used") from error


async def _from_feed(by: httpx.AsyncClient, location: str, seen: Seen) -> Got:
    asked = {"If-None-Match": seen.tag, "If-Modified-Since": seen.modified}
    url, headers = httpx.URL(location), {name: value for name, value in asked.items() if value}
    for _ in range(MOST_REDIRECTIONS + 1):
        async with by.stream("GET", url, headers=headers) as response:
            if response.status_code == 304 and headers:
                return Got(None, seen)
            if response.has_redirect_location:
                url = _next(url, response)
                continue
            if response.status_code != 200:
                raise BadCalendar(f"is answered with {response.status_code}")
            new = Seen(response.headers.get("ETag", "")[:200], response.headers.get("Last-Modified", "")[:100])
            return Got(await _body(response), new)
    raise BadCalendar(f"is sent on more than {MOST_REDIRECTIONS} times")


def _next(url: httpx.URL, response: httpx.Response) -> httpx.URL:
    """A secret never leaves an encrypted connection for a clear one."""
    onward = url.join(response.headers["Location"])
    if onward.scheme not in ("http", "https") or (url.scheme, onward.scheme) == ("https", "http"):
        raise BadCalendar("is sent on to where it would be read in clear")
    return onward


async def _body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > MOST_BYTES:
            raise BadCalendar(_TOO_LONG)
    return bytes(body)


def _from_file(path: str, seen: Seen) -> Got:
    """A file that is no file, such as a pipe, is not waited for."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise BadCalendar("is no file")
            new = Seen(f"{found.st_dev}/{found.st_ino}/{found.st_size}", str(found.st_mtime_ns))
            if new == seen:
                return Got(None, seen)
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadCalendar(f"can't be read by the daemons' user: {error.strerror}") from error
    if len(data) > MOST_BYTES:
        raise BadCalendar(_TOO_LONG)
    return Got(data, new)
