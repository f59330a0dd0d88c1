"""Rendering: strict, and every value quoted for the syntax that it lands in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

Quote = Callable[[object], str]


def render(directory: Path, names: tuple[str, ...], context: object, quote: Quote) -> dict[str, str]:
    """Render `NAME.jinja` of `directory` for each name, with `context` as `c`.

    Every `{{ value }}` goes through `quote`, which raises ValueError for a value its syntax can't carry.
    An unknown name in a template raises jinja2.UndefinedError.
    """
    environment = Environment(
        loader=FileSystemLoader(directory),
        undefined=StrictUndefined,
        finalize=quote,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return {name: environment.get_template(f"{name}.jinja").render(c=context) for name in names}


def one_line(value: object) -> str:
    """The value as text. Raises ValueError when it would break out of its line."""
    text = str(value)
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError(f"{text!r} holds a control character")
    return text
