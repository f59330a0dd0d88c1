"""The time zone of a place: that of its country, as the time zone database lists it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from zoneinfo import TZPATH

from sqlalchemy import Connection

from carillon.model.user import User
from carillon.provisioning import sites

UNIVERSAL = "UTC"


def timezone_of(connection: Connection, user: User) -> str:
    """The time zone where a user works."""
    return country_timezone(sites.require_in(connection, "site", user.domain, user.site).country)


def country_timezone(country: str) -> str:
    """The zone of a country (ISO 3166-1 alpha-2), the first listed one where there are several, else UTC."""
    return _zones().get(country, UNIVERSAL)


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    found: dict[str, str] = {}
    for place in TZPATH:
        table = Path(place) / "zone.tab"
        if table.exists():
            for line in table.read_text().splitlines():
                if not line.startswith("#"):
                    country, _, zone = line.split("\t")[:3]
                    found.setdefault(country, zone)
            break
    return found
