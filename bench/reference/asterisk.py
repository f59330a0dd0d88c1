"""Asterisk alone: the templates in `asterisk` beside this, with our own Asterisk's other files, codecs and media."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.people import FEW, PEOPLE, Person, person
from carillon.confgen.asterisk.target import Context, files, quote
from carillon.confgen.templates import render
from carillon.model.node import Node

REGISTERING = tuple(person(rank) for rank in range(FEW, 2 * FEW))
"""Phones that register; those that are called have contacts that stand in the configuration."""


@dataclass(frozen=True, slots=True)
class Alone:
    """What its files say: our Asterisk's values, where it listens, who calls and is called where, who registers."""

    ours: Context
    address: str
    port: int
    phones: str
    called: tuple[Person, ...]
    registering: tuple[Person, ...]


def texts(ours: Context, node: Node, phones: str) -> dict[str, str]:
    """All files by name; `phones` is the address and port at which everybody answers."""
    context = Alone(ours, node.address, node.sip_port, phones, PEOPLE, REGISTERING)
    own = ("pjsip.conf", "extensions.conf", "modules.conf")
    return files(ours) | render(Path(__file__).parent / "asterisk", own, context, quote)
