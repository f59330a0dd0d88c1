"""One state change told to 500 watchers, against a native presence server; calls meanwhile; memory; publications."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bench.figure import Figure, Grid, Target
from bench.lab import Lab
from bench.phases import Load, whole
from bench.processes import Parts, finer_cpu_seconds, memory_kib
from bench.rounds import Void
from bench.subjects import PHONES, Subject
from bench.watchers import Watchers
from carillon.supervision import rpc

OF_NATIVE = 1.5
WATCHING = 500
CHANGES = 10
QUICK_CHANGES = 4
EACH_WATCHES = 20
"""Lamps of each watcher for the figure of memory: 10,000 in all."""
PUBLICATIONS = 500
PORTS = {"watched": 5090, "native presence": 5091}
SPAN_S = 2.5
"""After a change all is told, and both servers have written it behind, which they do each second."""
FORGOTTEN_S = 12.0
"""After that no transaction is left in memory."""
CALLS = Load(40, 10, 1)


@dataclass(frozen=True, slots=True)
class Told:
    """CPU microseconds of one NOTIFY, by component, and seconds from the publication to each."""

    parts: dict[str, float]
    delays: list[float]

    @property
    def each(self) -> float:
        """Of all components."""
        return sum(self.parts.values())

    @property
    def p99_ms(self) -> float:
        """So late was one in a hundred."""
        return 1000 * sorted(self.delays)[len(self.delays) * 99 // 100]


def found(lab: Lab) -> Figure:
    """All our processes count but Asterisk; of the native one, which is proxy and presence server in one, too."""
    subjects = (lab.watched, lab.native_presence)
    agents = {each.name: Watchers((PHONES, PORTS[each.name]), each.proxy) for each in subjects}
    try:
        for each in subjects:
            _watched(lab, each, agents[each.name])
        rounds: dict[str, list[Told]] = {each.name: [] for each in subjects}
        for change in range(QUICK_CHANGES if lab.quick else CHANGES):
            for each in subjects:
                rounds[each.name].append(_change(each, agents[each.name], change))
        published = {each.name: _publications(each, agents[each.name]) for each in subjects}
        calm = _calls(lab, lambda: None)
        burst = _calls(lab, lambda: _bursts(lab.watched, agents["watched"]))
        memory = {each.name: _memory(lab, each, agents[each.name]) for each in subjects}
    finally:
        for agent in agents.values():
            agent.close()
    return _figure(rounds, published, (calm, burst), memory)


def _watched(lab: Lab, subject: Subject, agent: Watchers) -> None:
    """Everybody watches the first one."""
    lab.progress.say(f"{subject.name}: {WATCHING} watchers")
    first, *others = subject.people
    let = agent.subscribe([(one, first) for one in others[:WATCHING]], "presence")
    if let != WATCHING:
        raise Void(f"{subject.name}: {let} of {WATCHING} subscriptions were taken")
    agent.settle()
    _change(subject, agent, 1)


def _change(subject: Subject, agent: Watchers, rank: int) -> Told:
    """He is in a meeting, or busy: what changes is told to all, and each is told once.

    All that it costs counts, also what is written behind afterwards, and nothing that would be done without it.
    """
    parts = _parts(subject)
    idle = _spent(parts, time.monotonic())
    before, begun = finer_cpu_seconds(parts), time.monotonic()
    if agent.publish([(subject.people[0], "busy" if rank % 2 else "meeting")]) != 1:
        raise Void(f"{subject.name}: the publication was not taken")
    agent.await_told(WATCHING)
    delays = [at - begun for at in agent.told_at]
    _spent(parts, begun)
    after = finer_cpu_seconds(parts)
    agent.settle()
    if len(delays) != WATCHING:
        raise Void(f"{subject.name}: {len(delays)} of {WATCHING} watchers were told")
    return Told({name: 1e6 * (after[name] - before[name] - idle[name]) / WATCHING for name in after}, delays)


def _spent(parts: Parts, since: float) -> dict[str, float]:
    """Wait until SPAN_S have passed since then; CPU seconds of that wait, by component."""
    before = finer_cpu_seconds(parts)
    time.sleep(max(0.0, since + SPAN_S - time.monotonic()))
    after = finer_cpu_seconds(parts)
    return {name: after[name] - before[name] for name in after}


def _publications(subject: Subject, agent: Watchers) -> float:
    """CPU microseconds of a publication of people whom nobody watches, each challenged."""
    people = subject.people[-100:]
    parts = _parts(subject)
    before = finer_cpu_seconds(parts)
    some = [(people[rank % len(people)], "meeting") for rank in range(PUBLICATIONS)]
    taken = agent.publish([(one, activity) for one, activity in some[: len(people)]])
    if taken != len(people):
        raise Void(f"{subject.name}: {taken} of {len(people)} publications were taken")
    after = finer_cpu_seconds(parts)
    return 1e6 * sum(after[name] - before[name] for name in after) / taken


def _calls(lab: Lab, beside: Callable[[], None]) -> tuple[int, int, int]:
    """Calls through Asterisk while something goes on beside: made, as they should, repeated."""
    with ThreadPoolExecutor(1) as pool:
        going = pool.submit(beside)
        traffic = whole(lab.watched, CALLS, lab.folder).traffic
        going.result()
    return CALLS.times, traffic.succeeded, traffic.retransmissions


def _bursts(subject: Subject, agent: Watchers) -> None:
    for rank in range(CALLS.times // CALLS.rate):
        agent.publish([(subject.people[0], "meeting" if rank % 2 else "busy")])
        agent.await_told(WATCHING)
        agent.told_at.clear()


def _memory(lab: Lab, subject: Subject, agent: Watchers) -> tuple[int, float, float]:
    """How many lamps more, KiB of shared memory of each, and KiB of all processes of each."""
    lab.progress.say(f"{subject.name}: {WATCHING * EACH_WATCHES} subscriptions")
    agent.settle(FORGOTTEN_S)
    watchers, watched = subject.people[1 : WATCHING + 1], subject.people[1 : EACH_WATCHES + 1]
    shared, whole_kib = _shared(subject), sum(memory_kib(_parts(subject)).values())
    let = agent.subscribe([(one, whom) for whom in watched for one in watchers if one != whom], "presence")
    agent.settle(FORGOTTEN_S)
    added = sum(memory_kib(_parts(subject)).values()) - whole_kib
    return let, (_shared(subject) - shared) / 1024 / let, added / let


def _shared(subject: Subject) -> int:
    assert subject.paths is not None
    return int(rpc.call(subject.paths.presence_rpc, "core.shmmem")["used"])


def _parts(subject: Subject) -> Parts:
    return {name: processes for name, processes in subject.parts().items() if name != "asterisk"}


def _figure(
    rounds: dict[str, list[Told]],
    published: dict[str, float],
    calls: tuple[tuple[int, int, int], tuple[int, int, int]],
    memory: dict[str, tuple[int, float, float]],
) -> Figure:
    ours, native = rounds["watched"], rounds["native presence"]
    each = {name: statistics.median(one.each for one in some) for name, some in rounds.items()}
    late = {name: statistics.median(one.p99_ms for one in some) for name, some in rounds.items()}
    parts = {name: statistics.median(one.parts.get(name, 0.0) for one in ours) for name in ours[0].parts}
    columns = ("", "ours", "native", "ratio")
    rows = [
        _row("CPU µs of a NOTIFY", each),
        _row("ms until the last of a hundred is told", late),
        _row("CPU µs of a publication", published),
        _row("KiB of shared memory of a subscription", {name: one[1] for name, one in memory.items()}),
        _row("KiB of all processes of a subscription", {name: one[2] for name, one in memory.items()}),
    ]
    told = [
        (what, str(made), str(good), str(again))
        for what, (made, good, again) in zip(("nobody told", "all told each second"), calls, strict=True)
    ]
    dearest = sorted(parts.items(), key=lambda item: -item[1])
    title = f"presence: {WATCHING} watchers are told of {len(native)} changes, medians"
    return Figure(
        "presence",
        [
            Grid(title, columns, rows),
            Grid("presence: ours by component", ("", "µs a NOTIFY"), [(n, f"{v:.0f}") for n, v in dearest if v >= 1]),
            Grid("presence: calls meanwhile", ("", "made", "as they should", "retransmissions"), told),
        ],
        [
            Target("CPU of a NOTIFY, ours / native", each["watched"] / each["native presence"], OF_NATIVE),
            Target("calls that went well while watchers were told", calls[1][1] / calls[1][0], 1.0, True),
        ],
        {"cpu": each, "p99_ms": late, "publication": published, "memory": memory, "calls": calls, "parts": parts},
    )


def _row(what: str, of: dict[str, float]) -> tuple[str, ...]:
    ours, native = of["watched"], of["native presence"]
    return what, f"{ours:.1f}", f"{native:.1f}", f"{ours / native:.2f}" if native else ""
