"""What people set up for themselves: the features that a plain call passes by."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Engine, insert

from bench.people import DOMAIN, WHO, Person
from carillon.model.forwarding import Origin
from carillon.provisioning import callerlists, forwardings, groups, presences, schedules
from carillon.provisioning.forwardings import RowTyped
from carillon.provisioning.groups import Ringing
from carillon.stores.sql.engine import writing
from carillon.stores.sql.tables import forwarding

Told = Callable[[int, int], None]

ALWAYS_OPEN = "mon-sun 00:00-24:00"
GROUP_OF = 10
ROWS_EACH = 10


def use_everything(truth: Engine, people: Sequence[Person], told: Told) -> None:
    """Rows that ask state, caller, origin and schedule, groups whose members pick calls up, and a state of their own.

    None of it fits a call of the bench, so that calls end as they do without: but all of it is looked at.
    """
    schedules.add(truth, WHO, "open", (ALWAYS_OPEN,))
    callerlists.add(truth, WHO, "family", ("+32475*", "anonymous"))
    for rank, one in enumerate(people, 1):
        mate = people[rank % len(people)].extension
        for typed in (
            RowTyped("always", (mate,), presence="vacation", origin=Origin.EXTERNAL),
            RowTyped("always", (mate,), caller="family"),
            RowTyped("busy", (mate,), schedule="not:open"),
            RowTyped("no-answer", (mate,), after_s=60),
        ):
            forwardings.add(truth, WHO, one.extension, typed)
        presences.set(truth, WHO, one.extension, "away", "at lunch")
        told(rank, len(people))
    for begin in range(0, len(people), GROUP_OF):
        members = [one.extension for one in people[begin : begin + GROUP_OF]]
        groups.add(truth, WHO, f"team{begin // GROUP_OF}", members, Ringing(pickup=True))


def forward(truth: Engine, people: Sequence[Person], told: Told) -> None:
    """Ten rows for each of them; the last one is added as people add it, and puts all of the table in force."""
    with writing(truth) as connection:
        early = [(one, place) for one in people for place in range(ROWS_EACH - 1)]
        connection.execute(insert(forwarding), [_row(one, place) for one, place in early])
    for rank, one in enumerate(people, 1):
        last = RowTyped("no-answer", (people[rank % len(people)].extension,), after_s=10 + ROWS_EACH)
        forwardings.add(truth, WHO, one.extension, last)
        told(rank, len(people))


def _row(of: Person, place: int) -> dict[str, object]:
    called = str(int(of.extension) - 1)
    row = {"domain": DOMAIN, "extension": of.extension, "position": place, "targets": called}
    return {**row, "cause": "no-answer", "presence": "", "after_s": 10 + place}
