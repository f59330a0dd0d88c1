"""Registering at providers (RFC 3261 §10.2): Kamailio's `uac` does it, told by RPC: no table holds a password."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from carillon.stores.ports import TrunkProfile
from carillon.stores.trunklogins import Logins
from carillon.trunks.lookups import Known
from carillon.trunks.probes import bracketed
from carillon.trunks.states import Health, Key

EXPIRES_S = 300
DEFAULT = "."  # what the RPC takes for "as configured" or "none"


@dataclass(frozen=True, slots=True)
class Account:
    """One registration, as the RPC wants it. `uuid` is the user part of our Contact there."""

    uuid: str
    user: str
    domain: str
    realm: str
    password: str = field(repr=False)
    next_hop: str = ""
    contact_address: str = DEFAULT

    def parameters(self) -> tuple[str | int, ...]:
        """The parameters of `uac.reg_add`, in its order."""
        who = (self.uuid, self.user, self.domain, self.user, self.realm, "", self.user, self.password)
        return (*who, DEFAULT, self.next_hop, EXPIRES_S, 0, 0, "", self.contact_address)


def contact_user(domain: str, name: str) -> str:
    """The user part of our Contact at a provider: calls for it come in by this trunk."""
    return f"{name}.{domain}"


def chosen(known: Mapping[Key, Known], health: Mapping[str, Health], before: Mapping[Key, str]) -> dict[Key, str]:
    """At which target of each trunk we register: where we do already unless it is down, else the best that isn't."""
    found = {}
    for key, one in known.items():
        targets = sorted(one.targets or (), key=lambda target: (target.priority, -target.weight, target.uri))
        usable = [target.uri for target in targets if health.get(target.uri) is not Health.DOWN]
        uris = usable or [target.uri for target in targets]
        if uris:
            found[key] = before[key] if before.get(key) in uris else uris[0]
    return found


def accounts(
    trunks: Mapping[tuple[str, str], TrunkProfile],
    logins: Logins,
    at: Mapping[tuple[str, str], str],
    contact6: str = DEFAULT,
) -> dict[str, Account]:
    """The registrations that should be, by uuid: each at one target of its trunk, `at`; not without one.

    `contact6` is where we are for a provider of IPv6.
    """
    wanted = {}
    for (domain, name), trunk in trunks.items():
        login = logins.get((domain, name))
        target = at.get((domain, name))
        if trunk.enabled and trunk.registered_user and login and target:
            uuid, contact = contact_user(domain, name), contact6 if "[" in target else DEFAULT
            wanted[uuid] = Account(
                uuid, login[0], domain, trunk.realm or bracketed(trunk.host), login[1], target, contact
            )
    return wanted
