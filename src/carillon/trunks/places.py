"""Whose line a trunk is: that of a branch with a satellite, which registers there, or one of the mains. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from carillon.stores.ports import OutboundRoute


def place_of(trunk: str, routes: Iterable[OutboundRoute], branches: Collection[str]) -> str:
    """The site whose satellite has this trunk, "" for the mains: one of `branches`, sites that have a satellite.

    A trunk for everybody is the mains', and so is one of two branches. People of sites without a satellite may use
    that of a branch besides.
    """
    sites = {route.site for route in routes if route.trunk == trunk}
    at = [site for site in sites if site in branches]
    return at[0] if len(at) == 1 and at[0] and None not in sites else ""
