"""Frozen dataclasses that are cheap to make: frozen for the type checker, plain slots when they run.

A frozen dataclass sets each field by `object.__setattr__`, which took a tenth of the Python time of a call. mypy sees
the standard library's decorator and refuses assignments; equality and hash are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

Made = TypeVar("Made")

if TYPE_CHECKING:
    from dataclasses import dataclass
    from dataclasses import replace as completed
else:
    import dataclasses

    def dataclass(*, frozen: bool, slots: bool) -> object:
        """As `dataclasses.dataclass`, without the guard at run time."""
        return dataclasses.dataclass(slots=slots, unsafe_hash=frozen)

    def completed(made: Made, **values: object) -> Made:
        """The same object with these fields filled in: for whoever has just made it, while nobody else knows it.

        To the type checker it is `dataclasses.replace`, which makes and fills a second one, for five times the cost.
        """
        for name, value in values.items():
            setattr(made, name, value)
        return made


__all__ = ["completed", "dataclass"]
