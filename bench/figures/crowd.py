"""The same with 100 and with 100,000 people: calls, registrations, and a decision with its look-up."""

from __future__ import annotations

import itertools

from bench.figure import Figure, Grid, Target
from bench.lab import Lab
from bench.people import DOMAIN
from bench.phases import inbound, outbound, registrations
from bench.requests import NODE, Case, cases
from bench.rounds import Rounds
from bench.subjects import Subject, without_asterisk
from bench.timing import Timed
from carillon.routing.entrance import route_of
from carillon.stores.directory import DirectoryReader

MOST = 1.2
LEGS = ("inbound", "outbound")


def found(lab: Lab) -> Figure:
    """A thousand of the hundred thousand, spread evenly, have phones that call and are called."""
    few, many = lab.ours, lab.crowd
    load = lab.load(1000, 100, 4)
    with without_asterisk(few), without_asterisk(many):
        calls = lab.measure([(leg, each) for leg in (inbound, outbound) for each in (few, many)], load)
    registered = lab.measure([(registrations, few), (registrations, many)], lab.load(1000, 100, 4))
    rows = [_row("a call", calls, *LEGS), _row("a registration", registered, "registrations"), _decisions(few, many)]
    return Figure(
        "crowd",
        [Grid("crowd: CPU µs, medians", ("", "100 people", "100,000 people", "ratio"), [_shown(*row) for row in rows])],
        [Target(f"{what} with 100,000 people / with 100", after / before, MOST) for what, before, after in rows],
        {what: {"few": before, "many": after} for what, before, after in rows},
    )


def _row(what: str, rounds: Rounds, *phases: str) -> tuple[str, float, float]:
    few, many = (rounds.spread(name, *phases, without=("asterisk",)).median for name in ("ours", "many"))
    return what, few, many


def _decisions(few: Subject, many: Subject) -> tuple[str, float, float]:
    """An INVITE's decision with its two look-ups, in the directories of both."""
    invite = next(case for case in cases() if case.what == "INVITE inbound")
    before, after = (_with_lookups(invite, each).median for each in (few, many))
    return "decide and its look-ups", before, after


def _with_lookups(case: Case, subject: Subject) -> Timed:
    assert subject.paths is not None
    reader = DirectoryReader(subject.paths.run_directory)
    reader.connect()
    route, extensions = route_of(case.request, NODE), itertools.cycle([one.extension for one in subject.people])

    def once() -> None:
        reader.account(DOMAIN, next(extensions))
        reader.party(DOMAIN, next(extensions))
        reader.domains()
        route.decide(case.request, case.facts)

    try:
        return Timed.of(case.what, once)
    finally:
        reader.close()


def _shown(what: str, few: float, many: float) -> tuple[str, ...]:
    return what, f"{few:.0f}", f"{many:.0f}", f"{many / few:.2f}"
