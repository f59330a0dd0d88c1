"""What somebody asks of `explain call`, made a situation: what he doesn't say is as it is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from carillon.explain import live, nodes
from carillon.explain.call import Situation
from carillon.model.refused import Refused
from carillon.routing.dialogs import LiveDialog
from carillon.routing.facts import Unknown
from carillon.stores.directory import DirectoryReader
from carillon.stores.ports import Account, Limit, TrunkProfile
from carillon.system.paths import SystemPaths


@dataclass(frozen=True, slots=True)
class Asked:
    """A call to `dialled` at `when` (Unix seconds), and what is to be as if; None and "" leave it as it is.

    With `by_trunk` it comes in, from `number` with `name`, as the trunk says. `registered` is of the called person,
    as are `presence`, `busy` and `calls_up`; a call rings at the extension `rings_at`.
    """

    dialled: str
    when: float
    by_trunk: str | None = None
    registered: bool | None = None
    presence: str | None = None
    number: str | None = None
    name: str | None = None
    busy: bool = False
    rings_at: str | None = None
    calls_up: int | None = None

    def __post_init__(self) -> None:
        if self.number and self.by_trunk is None:
            raise Refused("caller", "is for calls that come in; give --from-trunk NAME too.")


def situation_of(
    asked: Asked, who: Account | TrunkProfile, paths: SystemPaths, directory: DirectoryReader
) -> Situation:
    """The situation of a call of `who`; raises `Refused`, StoreDown."""

    def is_there(aor: str) -> bool:
        return live.is_registered(paths, aor) if asked.registered is None else asked.registered

    def counts(limits: Sequence[Limit]) -> Mapping[Limit, int] | Unknown:
        return live.calls_now(paths, limits)

    return Situation(
        who,
        asked.dialled.strip(),
        asked.when,
        is_there,
        live.trunks_down(paths, who.domain),
        asked.presence or "",
        asked.busy,
        caller_number=(asked.number or "").strip(),
        caller_name=asked.name or "",
        ringing=_ringing(asked, who.domain, paths, directory),
        heard=partial(live.heard, paths),
        said=partial(live.said, paths),
        calls_up=counts,
        callee_calls=1 if asked.busy and asked.calls_up is None else asked.calls_up,
        found_busy=live.found_busy(paths, who.party.aor) if isinstance(who, Account) else "",
        targets=live.targets(paths, who.domain),
        calls_at=partial(nodes.calls_at, paths),
        nodes_up=nodes.up(paths),
    )


def _ringing(asked: Asked, domain: str, paths: SystemPaths, directory: DirectoryReader) -> tuple[LiveDialog, ...]:
    """What rings, as if or really."""
    if asked.rings_at:
        return (live.as_if_ringing(directory, domain, asked.rings_at, asked.when),)
    return live.ringing(paths)
