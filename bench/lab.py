"""What the figures share: subjects, each started when first wanted, and how much is done to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from bench import habits, subjects
from bench.commands import Done, carillon
from bench.own_network import add_address
from bench.people import CROWD, DOMAIN, FEW, WHO, Person, add_phones, file, person, with_phones
from bench.phases import Load, Measured, Phase, registrations
from bench.progress import Progress
from bench.rounds import Rounds, Void, measure
from bench.several import several
from bench.subjects import Subject
from carillon.provisioning import domains
from carillon.provisioning.system import open_truth, put_in_force
from carillon.system.paths import SystemPaths

QUICK_ROUNDS = 2
QUICK_SHARE = 2
FORWARDERS = 1000
WATCHERS = 620


class Lab:
    """The subjects of one run; `stack` ends them."""

    def __init__(self, folder: Path, stack: ExitStack, progress: Progress, quick: bool) -> None:
        self.folder, self.quick, self.progress = folder, quick, progress
        self._stack = stack
        for address in (subjects.PHONES, subjects.CALLERS):
            add_address(address)

    def load(self, times: int, rate: int, rounds: int) -> Load:
        """This much, or less in a quick run."""
        whole = Load(times, rate, rounds)
        return replace(whole, times=times // QUICK_SHARE, rounds=QUICK_ROUNDS) if self.quick else whole

    def measure(self, turns: list[tuple[Phase, Subject]], load: Load) -> Rounds:
        """See `bench.rounds.measure`."""
        return measure(turns, load, self.folder, self._tell)

    @cached_property
    def empty(self) -> Subject:
        """A system of ours that nobody has used yet."""
        return self._started("ours", lambda: subjects.ours(self.folder, "ours", "10.79.0.1", FEW))

    @cached_property
    def ours(self) -> Subject:
        """A system of ours with a hundred people, all registered."""
        self._import(self.empty, FEW)
        return self._registered(self.empty)

    @cached_property
    def many(self) -> tuple[Subject, Done]:
        """A system of ours with a hundred thousand people, and how they came; nobody is registered."""
        subject = self._started("many", lambda: subjects.ours(self.folder, "many", "10.79.0.3", CROWD))
        return subject, self._import(subject, CROWD)

    @cached_property
    def crowd(self) -> Subject:
        """The same with a thousand registered phones."""
        return self._registered(self.many[0])

    @cached_property
    def featured(self) -> Subject:
        """A system of ours whose hundred people use every feature."""
        subject = self._started("featured", lambda: subjects.ours(self.folder, "featured", "10.79.0.5", FEW))
        self._import(subject, FEW)
        assert subject.paths is not None
        told = self.progress.steps("featured: setting everything up")
        habits.use_everything(open_truth(subject.paths), subject.people, told)
        put_in_force(subject.paths)
        return self._registered(subject)

    @cached_property
    def ruled(self) -> Subject:
        """A system of ours with a thousand people more, who have ten forwarding rules each."""
        subject = self._started("ruled", lambda: subjects.ours(self.folder, "ruled", "10.79.0.6", FEW))
        self._import(subject, FEW + FORWARDERS)
        assert subject.paths is not None
        others = [person(FEW + rank) for rank in range(FORWARDERS)]
        habits.forward(open_truth(subject.paths), others, self.progress.steps("ruled: adding rules"))
        put_in_force(subject.paths)
        return self._registered(subject)

    def several(self, addresses: Sequence[str]) -> Subject:
        """A node of a system of as many nodes, with a hundred people, all of them registered there."""
        name = f"of {len(addresses)} node{'s' * (len(addresses) > 1)}"

        def fill(paths: SystemPaths) -> None:
            self._filled(name, paths, FEW, with_phones(FEW))

        return self._registered(self._started(name, lambda: several(self.folder, name, addresses, FEW, fill)))

    @cached_property
    def native(self) -> Subject:
        """The native Kamailio."""
        return self._registered(self._started("native", lambda: subjects.native(self.folder)))

    @cached_property
    def watched(self) -> Subject:
        """A system of ours with six hundred people, of whom five hundred watch."""
        subject = self._started("watched", lambda: subjects.ours(self.folder, "watched", "10.79.0.8", WATCHERS))
        self._import(subject, WATCHERS)
        return self._registered(subject, 50)

    @cached_property
    def native_presence(self) -> Subject:
        """The native presence server, with the same people."""
        return self._started("native presence", lambda: subjects.native_presence(self.folder, WATCHERS))

    @cached_property
    def minimal(self) -> Subject:
        """The native script in Python."""
        return self._registered(self._started("minimal", lambda: subjects.minimal(self.folder)))

    @cached_property
    def alone(self) -> Subject:
        """Asterisk alone."""
        return self._started("alone", lambda: subjects.alone(self.folder))

    def _started(self, name: str, start: Callable[[], AbstractContextManager[Subject]]) -> Subject:
        self.progress.say(f"starting {name}")
        return self._stack.enter_context(start())

    def _import(self, subject: Subject, people: int) -> Done:
        assert subject.paths is not None
        return self._filled(subject.name, subject.paths, people, subject.people)

    def _filled(self, name: str, paths: SystemPaths, people: int, with_devices: tuple[Person, ...]) -> Done:
        """Put so many people in, some of them with a device."""
        source = self.folder / f"{name}.csv"
        source.write_text(file(people))
        truth = open_truth(paths)
        domains.set(truth, WHO, DOMAIN, "md5")  # it is what SIPp answers
        self.progress.say(f"{name}: importing {people} people")
        done = carillon(paths, "user", "import", str(source))
        add_phones(truth, with_devices, self.progress.steps(f"{name}: adding devices"))
        put_in_force(paths)
        return done

    def _registered(self, subject: Subject, rate: int = 200) -> Subject:
        """Register everybody's phone at the address where SIPp answers for it."""
        measured = registrations(subject, Load(len(subject.registering), rate, 1), self.folder)
        if measured.traffic.succeeded < len(subject.registering):
            raise Void(f"{subject.name}: phones could not register: {measured.traffic}")
        return subject

    def _tell(self, measured: Measured) -> None:
        word = "" if measured.clean else f"  void: {measured.traffic}"
        self.progress.say(f"{measured.subject:>8} {measured.phase:<13} {measured.total():7.0f} µs each{word}")
