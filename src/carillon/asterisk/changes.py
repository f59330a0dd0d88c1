"""What may be changed from a phone: use cases by name, each taking the truth, who asks, and plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from carillon.provisioning import presences

CHANGES: Final[Mapping[str, Callable[..., Any]]] = {
    "presence set": presences.set,
    "presence clear": presences.clear,
}
"""A phone can do these and nothing else to the truth. What they return must be plain, too."""
