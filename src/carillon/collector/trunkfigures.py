"""Figures of trunks for Prometheus: read when they are asked for, from what the trunk daemon wrote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from carillon.trunks import states
from carillon.trunks.states import Health

LABELS = ("domain", "trunk")


class TrunkFigures(Collector):
    """Whether each trunk answers, 1 or 0, and holds our registration; one that nobody asks has no figure."""

    def __init__(self, namespace: str, file: Path) -> None:
        self._namespace, self._file = namespace, file

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The figures of this moment."""
        up = GaugeMetricFamily(f"{self._namespace}_trunk_up", "Whether a trunk answers OPTIONS", labels=LABELS)
        registered = GaugeMetricFamily(
            f"{self._namespace}_trunk_registered", "Whether a trunk holds our registration", labels=LABELS
        )
        for key, state in states.read(self._file).items():
            if state.health in (Health.UP, Health.DOWN):
                up.add_metric(key, float(state.health is Health.UP))
            if state.registered is not None:
                registered.add_metric(key, float(state.registered))
        yield up
        yield registered
