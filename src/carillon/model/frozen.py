"""Frozen dataclasses that are cheap to make: frozen for the type checker, plain when they run.

A frozen dataclass sets each field by `object.__setattr__`, which took a tenth of the Python time of a call. mypy sees
the standard library's decorator and refuses assignments; equality and hash are the same.

A wide one, such as a request, has dozens of fields of which a few are given. It keeps those, and has the others from
its class: code that sets each of forty fields would be a seventh of all that a BYE executes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

Made = TypeVar("Made")

if TYPE_CHECKING:
    from dataclasses import dataclass
    from dataclasses import replace as completed
else:
    import dataclasses

    WIDE = 10
    """So many fields with a default make a class a wide one."""

    def dataclass(*, frozen: bool, slots: bool) -> object:
        """As `dataclasses.dataclass`, without the guard at run time."""

        def decorated(kind: type) -> type:
            defaults = sum(hasattr(kind, name) for name in kind.__annotations__)
            if defaults >= WIDE:
                return _wide(dataclasses.dataclass(unsafe_hash=frozen)(kind))
            return dataclasses.dataclass(slots=slots, unsafe_hash=frozen)(kind)

        return decorated

    def _wide(kind: type) -> type:
        names = tuple(field.name for field in dataclasses.fields(kind))
        for field in dataclasses.fields(kind):
            if field.default_factory is not dataclasses.MISSING:
                setattr(kind, field.name, field.default_factory())  # one for all: nobody changes it

        def __init__(self: object, *given: object, **named: object) -> None:
            self.__dict__.update(zip(names, given, strict=False), **named)

        kind.__init__ = __init__
        return kind

    def completed(made: Made, **values: object) -> Made:
        """The same object with these fields filled in: for whoever has just made it, while nobody else knows it.

        To the type checker it is `dataclasses.replace`, which makes and fills a second one, for five times the cost.
        """
        for name, value in values.items():
            setattr(made, name, value)
        return made


__all__ = ["completed", "dataclass"]
