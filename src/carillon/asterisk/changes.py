"""What may be changed from a phone: use cases by name, each taking the truth, who asks, and plain values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Engine

from carillon.provisioning import callbacks, forwardings, mailservers, presences, voicemails
from carillon.provisioning.trunkkey import TrunkKey

CHANGES: Final[dict[str, Callable[..., Any]]] = {
    "presence set": presences.set,
    "presence clear": presences.clear,
    "dnd end": presences.end_dnd,
    "forwarding set": forwardings.set_plain,
    "forwarding unset": forwardings.unset_plain,
    "voicemail pin set": voicemails.set_pin,
    "callback add": callbacks.add,
    "callback cancel": callbacks.cancel,
    "callback waits for": callbacks.waits_for,
    "callback claim": callbacks.claim,
    "callback taken": callbacks.taken,
    "callback missed": lambda truth, who, id, rang: callbacks.missed(truth, who, id, rang=rang),
    "callback again": callbacks.again,
}
"""A phone can do these and nothing else to the truth. What they return must be plain, too."""

KEPT: Final = frozenset({"presence set", "presence clear", "dnd end", "forwarding set", "forwarding unset"})
"""What a satellite keeps while it is cut off: settings of one person, all that they need is in a directory."""


QUESTIONS: Final[dict[str, Callable[..., Any]]] = {
    "voicemail pin": voicemails.pin_is_right,
}
"""What the services may ask, and the service user can't read: they change nothing."""

UNSEALED: Final[dict[str, Callable[[Engine, str, TrunkKey], Any]]] = {"mail settings": mailservers.settings}
"""The same, of what the system's key opens."""
