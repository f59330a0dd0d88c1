"""Frozen dataclasses that are cheap to make: frozen for the type checker, plain slots when they run.

A frozen dataclass sets each field by `object.__setattr__`, which took a tenth of the Python time of a call. mypy sees
the standard library's decorator and refuses assignments; equality and hash are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    import dataclasses

    def dataclass(*, frozen: bool, slots: bool) -> object:
        """As `dataclasses.dataclass`, without the guard at run time."""
        return dataclasses.dataclass(slots=slots, unsafe_hash=frozen)


__all__ = ["dataclass"]
