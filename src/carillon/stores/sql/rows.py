"""Rows of the truth as nouns of the model, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping

from carillon.model.outbound import OutboundRoute
from carillon.model.pickup import PickupBy
from carillon.model.rights import parse_rights, rights_text
from carillon.model.site import Site
from carillon.model.trunk import NumberFormat, Transport, Trunk
from carillon.model.user import User

Row = RowMapping | Mapping[str, Any]

SEALED = "sealed_password"


def user_of(row: Row) -> User:
    """The user in a row of the table `user`."""
    known = _values(row)
    known["rights"] = parse_rights("rights", row["rights"])
    known["pickup"] = PickupBy(row["pickup"])
    known["pickup_of"] = tuple(row["pickup_of"].split())
    return User(**known)


def user_row(of: User) -> dict[str, Any]:
    """The row of a user."""
    return {**_fields(of), "rights": rights_text(of.rights), "pickup_of": " ".join(of.pickup_of)}


def site_of(row: Row) -> Site:
    """The site in a row of the table `site`."""
    return Site(**_values(row))


def trunk_of(row: Row) -> Trunk:
    """The trunk in a row of the table `trunk`, without its password."""
    known = {key: value for key, value in row.items() if key != SEALED}
    known["transport"] = Transport(row["transport"])
    known["from_format"] = NumberFormat(row["from_format"])
    return Trunk(**known)


def route_of(row: Row) -> OutboundRoute:
    """The route in a row of the table `outbound`."""
    known = _values(row)
    known["site"] = row["site"] or None
    return OutboundRoute(**known)


def route_row(of: OutboundRoute) -> dict[str, Any]:
    """The row of a route."""
    return {**asdict(of), "site": of.site or ""}


def _fields(of: User) -> dict[str, Any]:
    return {name: getattr(of, name) for name in of.__dataclass_fields__}


def _values(row: Row) -> dict[str, Any]:
    return {str(column): value for column, value in row.items()}
