"""Who may pick up whom (slide "Call Pick-up: first check if the user has the correct rights")."""

from __future__ import annotations

from carillon.model.pickup import GROUP, PickupBy
from carillon.stores.ports import Party, PickupRights


def refusal(picker: Party, aor: str, rights: PickupRights) -> str:
    """Why `picker` may not pick up the person of `aor`, who has these rights; "" when he may.

    Safe by default: who shares no group with him, and doesn't list him, may not.
    """
    extension, _, domain = aor.rpartition("@")
    if domain != picker.domain:
        return "another domain"
    if aor == picker.aor:
        return ""
    if rights.by == PickupBy.NOBODY:
        return "nobody may"
    groups = {f"{GROUP}{name}" for name in rights.groups | rights.closed}
    if not picker.pickup.of.isdisjoint({extension, *groups}):
        return ""
    if rights.by == PickupBy.LISTED:
        return "only those who list him may"
    return "" if picker.pickup.groups & rights.groups else "no group in common"
