"""Who is turned away: how much guessing is too much, and for whom. Pure: counts come in, bans go out."""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum
from typing import Final

from carillon.model.frozen import dataclass

_PLAIN = re.compile(r"[A-Za-z0-9._+@-]{1,160}")


class BanKind(StrEnum):
    """What a ban is about. `ACCOUNTS` marks an address of which some account is banned, and not the address itself."""

    ADDRESS = "address"
    ACCOUNT = "account"
    ACCOUNTS = "accounts"


@dataclass(frozen=True, slots=True)
class BanSettings:
    """Every threshold, with its window and the length of the ban in seconds.

    `wrong_passwords` are for one account from one address; `accounts` are different ones that one address got wrong;
    `requests` are those of one address, of any kind.
    """

    wrong_passwords: int = 20
    wrong_passwords_s: int = 60
    account_ban_s: int = 300
    accounts: int = 50
    accounts_s: int = 600
    address_ban_s: int = 600
    requests: int = 1000
    requests_s: int = 1


SETTINGS: Final = BanSettings()


@dataclass(frozen=True, slots=True)
class Guess:
    """Wrong credentials: where they came from, for which account (`user@domain`)."""

    address: str
    account: str

    @property
    def key(self) -> str:
        """How the pair is written: `ADDRESS/ACCOUNT`. What no account of ours can be called is written as a hash."""
        if _PLAIN.fullmatch(self.account):
            return f"{self.address}/{self.account}"
        return f"{self.address}/sha256-{hashlib.sha256(self.account.encode()).hexdigest()[:24]}"


@dataclass(frozen=True, slots=True)
class Ban:
    """An address, or `ADDRESS/ACCOUNT`, that is turned away for `seconds`."""

    kind: BanKind
    key: str
    seconds: int
    because: str


def bans_after(guess: Guess, wrong_passwords: int, accounts: int, settings: BanSettings) -> tuple[Ban, ...]:
    """What a guess leads to. `wrong_passwords` for its account and different `accounts`, this one included."""
    bans = []
    if wrong_passwords >= settings.wrong_passwords:
        because = f"{wrong_passwords} wrong passwords within {settings.wrong_passwords_s} s"
        bans.append(Ban(BanKind.ACCOUNT, guess.key, settings.account_ban_s, because))
    if accounts >= settings.accounts:
        because = f"{accounts} accounts guessed within {settings.accounts_s} s"
        bans.append(Ban(BanKind.ADDRESS, guess.address, settings.address_ban_s, because))
    return tuple(bans)


def floods(requests: int, settings: BanSettings) -> bool:
    """Whether an address sends more than anybody's phones would."""
    return requests > settings.requests
