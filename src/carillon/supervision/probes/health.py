"""What is found out of a component, and how long one is waited for."""

from __future__ import annotations

from dataclasses import dataclass

PATIENCE_S = 3.0
"""Seconds for one answer: a healthy engine needs milliseconds, on a machine under load a little more."""


@dataclass(frozen=True, slots=True)
class Health:
    """What an engine answered: its version, and what is wrong with it, empty when nothing.

    A warning is something to do soon; the engine is healthy all the same.
    """

    version: str | None = None
    problem: str = ""
    warning: str = ""
