"""A media relay that is slow for a moment costs no recording, and one that hangs holds no worker for long."""

from __future__ import annotations

from carillon.kamailio.relaysilence import PAUSE_S, RelaySilence
from carillon.system.relay import WORKERS_PATIENCE_S


class Node:
    """Shared memory and a clock for workers; the relay answers after `takes_s`, or refuses at once `errors` times."""

    def __init__(self) -> None:
        self.shared: dict[tuple[str, str], str] = {}
        self.now, self.takes_s, self.errors, self.asked = 1000.0, 0.001, 0, 0

    def worker(self) -> RelaySilence:
        return RelaySilence(lambda *key: self.shared.get(key), self.write, lambda: self.now)

    def write(self, table: str, key: str, value: str) -> None:
        self.shared[table, key] = value

    def command(self) -> bool:
        self.asked += 1
        if self.errors:
            self.errors -= 1
            return False
        self.now += min(self.takes_s, WORKERS_PATIENCE_S)
        return self.takes_s < WORKERS_PATIENCE_S


def test_who_is_slow_for_a_moment_has_answered() -> None:
    node = Node()
    node.takes_s = 0.9 * WORKERS_PATIENCE_S
    assert all(node.worker().asked(node.command) for _ in range(5))
    assert node.asked == 5


def test_after_a_restart_the_error_of_the_old_socket_costs_nothing() -> None:
    node = Node()
    node.errors = 1
    assert node.worker().asked(node.command)
    assert not node.worker().lasts()


def test_one_that_is_down_is_asked_at_once_when_it_is_back() -> None:
    node = Node()
    node.errors = 2
    assert not node.worker().asked(node.command)
    assert node.worker().asked(node.command)


def test_one_that_hangs_holds_one_worker_a_second() -> None:
    node = Node()
    node.takes_s = 60.0
    one, other = node.worker(), node.worker()
    assert not one.asked(node.command)
    assert other.lasts()
    assert not any(each.asked(node.command) for each in (one, other) * 10)
    assert node.asked == 1
    node.now += PAUSE_S
    seen: list[bool] = []
    assert not one.asked(lambda: seen.append(other.asked(node.command)) or node.command())  # type: ignore[func-returns-value]
    assert (seen, node.asked) == ([False], 2)


def test_the_first_answer_ends_the_silence_for_all() -> None:
    node = Node()
    node.takes_s = 60.0
    one, other = node.worker(), node.worker()
    one.asked(node.command)
    node.takes_s, node.now = 0.001, node.now + PAUSE_S
    assert one.asked(node.command)
    assert other.asked(node.command)
    assert not other.lasts()
