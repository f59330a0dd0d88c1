"""What commands of the product import, for the process that they are forked from: see `tests.lab.commandline`."""

from __future__ import annotations

import importlib
import pkgutil

import carillon

_NOT_OURS = ("carillon.kamailio", "carillon.stores.sql.migrations")
"""What runs in Kamailio only, and what is no module by itself."""


def _names() -> list[str]:
    found = (each.name for each in pkgutil.walk_packages(carillon.__path__, "carillon."))
    return [name for name in found if not name.startswith(_NOT_OURS) and not name.endswith(("daemon", "__main__"))]


for _name in _names():
    importlib.import_module(_name)
