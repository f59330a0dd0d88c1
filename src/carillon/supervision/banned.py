"""Who is banned now, and taking a ban back: in the running Kamailio's shared memory."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from carillon.kamailio.bans import ACCOUNTS, BANS, GUESSED, WRONG
from carillon.model.refused import Refused
from carillon.routing.bans import BanKind
from carillon.siblings.bans import LIFTED
from carillon.supervision.rpc import NotThere, RpcFailed, call
from carillon.system.paths import SystemPaths

PATIENCE_S = 2.0
"""Those who tell the other nodes may be busy for a moment."""


@dataclass(frozen=True, slots=True)
class Banned:
    """A ban in force: of an address, or of one account (`user@domain`) from it; `left_s` in seconds."""

    address: str
    account: str | None
    left_s: int


def banned(paths: SystemPaths) -> list[Banned]:
    """All bans in force, by address; raises `Refused` when Kamailio does not answer."""
    now, found = time.time(), []
    for key, value in _entries(paths, BANS).items():
        kind, _, until = value.partition(" ")
        address, _, account = key.partition("/")
        left_s = round(int(until) - now)
        if kind != BanKind.ACCOUNTS and left_s > 0:
            found.append(Banned(address, account or None, left_s))
    return sorted(found, key=lambda ban: (ban.address, ban.account or ""))


def lift(paths: SystemPaths, address: str, account: str | None) -> list[Banned]:
    """Take back an account's ban, or all bans of an address, with what was counted; gives those that were in force.

    Raises `Refused` when there is none, or when the other nodes could not be told.
    """
    _address(address)
    lifted = [ban for ban in banned(paths) if ban.address == address and account in (None, ban.account)]
    if not lifted:
        what = address if account is None else f"{account} from {address}"
        raise Refused("ban", f"{what} is not banned; see `carillon ban list`.")
    wanted = [f"{address}/{account}"] if account else [address, *_keys_of(paths, address)]
    for key in wanted:
        for table in (BANS, WRONG, GUESSED, ACCOUNTS):
            _forget(paths, table, key)
        tell_siblings(paths.bans_told, key)
    return lifted


def tell_siblings(place: Path, key: str) -> None:
    """Have a ban taken back on the other nodes too, where there are any; raises `Refused` when they can't be told."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as telling:
        telling.settimeout(PATIENCE_S)
        try:
            telling.sendto(f"{LIFTED} 0 {key}".encode(), str(place))
        except FileNotFoundError:
            return  # a system of one node
        except OSError as error:
            words = f"{key} is no longer banned here, but the other nodes were not told ({error}): say it there too."
            raise Refused("ban", words) from error


def _keys_of(paths: SystemPaths, address: str) -> list[str]:
    keys = {key for table in (BANS, WRONG, GUESSED) for key in _entries(paths, table)}
    return sorted(key for key in keys if key.startswith(f"{address}/"))


def _entries(paths: SystemPaths, table: str) -> dict[str, str]:
    """What a table holds; raises `Refused`."""
    try:
        dump = call(paths.kamailio_rpc, "htable.dump", table)
    except RpcFailed as failed:
        if "empty" in str(failed).lower():
            return {}
        raise Refused("ban", f"Kamailio does not answer ({failed}); see `carillon status`.") from failed
    return {str(item["name"]): str(item["value"]) for entry in dump for item in entry["slot"]}


def _forget(paths: SystemPaths, table: str, key: str) -> None:
    """Delete a key; that it is not there is as good."""
    try:
        with suppress(NotThere):
            call(paths.kamailio_rpc, "htable.delete", table, key)
    except RpcFailed as failed:
        raise Refused("ban", f"Kamailio did not take the ban back: {failed}.") from failed


def _address(typed: str) -> None:
    try:
        ip_address(typed)
    except ValueError as wrong:
        raise Refused("address", f"{typed!r} is no IP address; see `carillon ban list`.") from wrong
