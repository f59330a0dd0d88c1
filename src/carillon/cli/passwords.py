"""Passwords on the command line: typed unseen, read from standard input, or made and shown once."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

Password = Annotated[
    str | None,
    typer.Option(help="Password; '-' reads it from standard input, which keeps it out of the shell's history."),
]


def typed_or_made(option: str | None, make: bool) -> tuple[str | None, str | None]:
    """The password that was typed, and the one that is made instead."""
    from carillon.provisioning.passwords import new_password

    if make:
        return None, new_password()
    return typed(option), None


def typed(option: str | None, what: str = "Password") -> str | None:
    """What was typed, from standard input if that was said."""
    return _read(what) if option == "-" else option


def shown_once(sentence: str, made: str | None) -> str:
    """The sentence, and below it the password that was made."""
    return sentence if made is None else f"{sentence}\nPassword (shown once): {made}"


def _read(what: str = "Password") -> str:
    """The first line of standard input; a person at a terminal types it unseen."""
    if sys.stdin.isatty():
        return str(typer.prompt(what, hide_input=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")
