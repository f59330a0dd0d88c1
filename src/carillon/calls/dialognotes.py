"""Kamailio's notes of dialogs with people's phones, as the calls daemon reads and mends them, by RPC."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from carillon.routing.dialogs import TABLE, LiveDialog
from carillon.supervision.rpc import NotThere, call

PATIENCE_S: Final = 0.5
_MARKS, _MARK = "stores", "notes-are-whole"
"""Gone with Kamailio's memory: as long as it is there, so are the notes."""


class DialogNotes(Protocol):
    """Every method raises RpcFailed: `NobodyAnswers` when Kamailio is not there."""

    def are_whole(self) -> bool:
        """Whether Kamailio is the one that was told all there is."""

    def now_whole(self) -> None:
        """It is."""

    def note(self, call_id: str) -> LiveDialog | None:
        """The note of a dialog, None when there is none."""

    def keep(self, dialog: LiveDialog) -> None:
        """Write a note."""

    def forget(self, call_id: str) -> None:
        """Remove the note of a dialog that is over, if there is one."""


class KamailioNotes:
    """Those of the node's Kamailio; `rpc` is its socket."""

    def __init__(self, rpc: Path) -> None:
        self._rpc = rpc

    def are_whole(self) -> bool:
        """See `DialogNotes`."""
        return self._value(_MARKS, _MARK) is not None

    def now_whole(self) -> None:
        """See `DialogNotes`."""
        self._set(_MARKS, _MARK, "yes")

    def note(self, call_id: str) -> LiveDialog | None:
        """See `DialogNotes`; one that can't be read is none."""
        value = self._value(TABLE, call_id)
        try:
            return LiveDialog.parse(call_id, value) if value else None
        except ValueError:
            return None

    def keep(self, dialog: LiveDialog) -> None:
        """See `DialogNotes`."""
        self._set(TABLE, dialog.call_id, str(dialog))

    def forget(self, call_id: str) -> None:
        """See `DialogNotes`."""
        with suppress(NotThere):  # Kamailio's own route was first
            call(self._rpc, "htable.delete", TABLE, call_id, timeout_s=PATIENCE_S)

    def _value(self, table: str, key: str) -> str | None:
        try:
            told = call(self._rpc, "htable.get", table, key, timeout_s=PATIENCE_S)
        except NotThere:
            return None
        return str(told["item"]["value"])

    def _set(self, table: str, key: str, value: str) -> None:
        call(self._rpc, "htable.sets", table, key, value, timeout_s=PATIENCE_S)
