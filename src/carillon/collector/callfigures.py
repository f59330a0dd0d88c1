"""Figures of calls for Prometheus: read when they are asked for, from what the calls daemon wrote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from carillon.calls import figures
from carillon.stores import repairs


class LampFigures(Collector):
    """How many lamps were wrong and were put right, by the daemon that found out. `files` are what each counts in."""

    def __init__(self, namespace: str, files: dict[str, Path]) -> None:
        self._namespace, self._files = namespace, files

    def collect(self) -> Iterator[Metric]:
        """The counts of this moment."""
        name, words = f"{self._namespace}_lamps_repaired", "Lamps that were wrong and were put right, since the start"
        counts = CounterMetricFamily(name, words, labels=("by",))
        for by, file in self._files.items():
            counts.add_metric((by,), repairs.read(file).count)
        yield counts


class CallFigures(Collector):
    """How many calls are up or being made: all, by domain, by trunk."""

    def __init__(self, namespace: str, file: Path) -> None:
        self._namespace, self._file = namespace, file

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The figures of this moment."""
        now = figures.read(self._file)
        up = GaugeMetricFamily(f"{self._namespace}_calls_up", "Calls that are up or being made", value=now.calls)
        domains = GaugeMetricFamily(
            f"{self._namespace}_domain_calls_up", "Calls in which somebody of a domain is", labels=("domain",)
        )
        trunks = GaugeMetricFamily(
            f"{self._namespace}_trunk_calls_up", "Calls that a trunk carries", labels=("domain", "trunk")
        )
        for name, count in now.domains.items():
            domains.add_metric((name,), count)
        for name, count in now.trunks.items():
            trunk, _, domain = name.partition("@")
            trunks.add_metric((domain, trunk), count)
        yield from (up, domains, trunks)
