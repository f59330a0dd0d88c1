"""Who moves away from a branch takes his messages along: copies at its satellite go, mains have them."""

from __future__ import annotations

from pathlib import Path

from carillon.siblings.mirror.inventory import Inventory
from carillon.siblings.mirror.people import of_others
from carillon.siblings.settings import Branch


def drop_others(inventory: Inventory, directory: Path, branch: Branch) -> None:
    """Forget copies of messages for people of other sites; what was left here stays. Raises OSError, sqlite3.Error."""
    for place in of_others(directory, inventory.copied(), branch):
        at = inventory.directory(place)
        for message in inventory.mailboxes.messages(at.parent.name, at.name):
            if message.node:
                inventory.mailboxes.drop_copy(message)
