"""Does a component hang? Looks in, a verdict out: no clock, no process."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from carillon.watchdog.processes import ProcessGroup

STOPPED_LOOKS = 2
"""So many looks in a row must see the same process stopped (SIGSTOP): nothing else explains that state."""
SILENT_LOOKS = 3
"""So many questions in a row must go unanswered, if the component does nothing meanwhile."""
BUSY_S = 30.0
"""A silent component that works hard is slow, not hung, for so many seconds."""
BUSY_SHARE = 0.1
"""Who uses this share of one processor works, and who would if it were free."""
BOOT_S = 60.0
"""A component that has not answered once since it was started may need so many seconds."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a component: when (monotonic seconds), whether it answered, its process group."""

    at: float
    answered: bool
    group: int
    processes: ProcessGroup


@dataclass(frozen=True, slots=True)
class Watch:
    """What is remembered of one component between looks. `silent_since` is None while it answers."""

    group: int = 0
    began: float = 0.0
    answered_once: bool = False
    silent_looks: int = 0
    silent_since: float | None = None
    cpu_s: float = 0.0
    waited_s: float = 0.0
    stopped: dict[int, int] = field(default_factory=dict)
    hung: str = ""

    @property
    def suspicious(self) -> bool:
        """Whether the next look should come soon."""
        return bool(self.stopped) or (self.answered_once and self.silent_looks > 0)


def judge(watch: Watch, look: Look, boot_s: float = BOOT_S) -> Watch:
    """What is known after one more look; `hung` says in words why the component hangs, empty when it doesn't.

    `boot_s` is how long the first answer may take, in seconds.
    """
    if look.group != watch.group:
        watch = Watch(look.group, look.at, cpu_s=look.processes.cpu_s)
    watch = _heard(watch, look) if look.answered else _missed(watch, look)
    watch = replace(watch, stopped={pid: watch.stopped.get(pid, 0) + 1 for pid in look.processes.stopped})
    return replace(watch, hung=_stopped(watch) or _silent(watch, look, boot_s))


def _heard(watch: Watch, look: Look) -> Watch:
    return replace(watch, answered_once=True, silent_looks=0, silent_since=None, cpu_s=look.processes.cpu_s)


def _missed(watch: Watch, look: Look) -> Watch:
    if watch.silent_since is None:
        watch = replace(watch, silent_since=look.at, waited_s=look.processes.waited_s)
    return replace(watch, silent_looks=watch.silent_looks + 1)


def _stopped(watch: Watch) -> str:
    long = [str(pid) for pid, looks in watch.stopped.items() if looks >= STOPPED_LOOKS]
    return f"process {', '.join(long)} is stopped" if long else ""


def _silent(watch: Watch, look: Look, boot_s: float) -> str:
    if watch.silent_since is None or watch.silent_looks < SILENT_LOOKS:
        return ""
    silence_s = look.at - watch.silent_since
    if not watch.answered_once:
        return f"no answer in the {boot_s:.0f} s since it was started" if look.at - watch.began > boot_s else ""
    worked_s = look.processes.cpu_s - watch.cpu_s + look.processes.waited_s - watch.waited_s
    busy = look.processes.at_work or worked_s >= BUSY_SHARE * max(silence_s, 1.0)
    if busy and silence_s < BUSY_S:
        return ""
    return f"busy and without an answer for {silence_s:.0f} s" if busy else f"{watch.silent_looks} questions unanswered"
