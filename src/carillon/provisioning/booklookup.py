"""What somebody asks who wants to know a number's name."""

from __future__ import annotations

from sqlalchemy import Engine

from carillon.model.domain import domain_name
from carillon.model.e164 import e164
from carillon.model.site import DEFAULT_SITE
from carillon.provisioning import sites
from carillon.provisioning.places import default_domain, require_domain, require_user
from carillon.stores.sql.engine import reading


def question(engine: Engine, number: str, owner: str | None, domain: str | None) -> tuple[str, str, str]:
    """Domain, E.164 number and extension of the person who looks, as the directory is asked. Raises `Refused`."""
    with reading(engine) as connection:
        if owner is not None:
            person = require_user(connection, "user", owner)
            country = sites.require_in(connection, "site", person.domain, person.site).country
            return person.domain, e164("number", number.strip(), country), person.extension
        place = domain_name(domain) if domain else default_domain(connection)
        require_domain(connection, place)
        country = sites.require_in(connection, "site", place, DEFAULT_SITE).country
        return place, e164("number", number.strip(), country), ""
