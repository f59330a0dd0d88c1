"""What a listener in the calls daemon may ask of Asterisk: over the daemon's own connection, while there is one."""

from __future__ import annotations

from dataclasses import dataclass

from carillon.calls.ami import Manager, Message, NoAnswer


@dataclass(slots=True)
class Asterisk:
    """The connection of this moment; None while Asterisk does not answer."""

    manager: Manager | None = None

    def ask(self, action: str, **fields: str) -> Message:
        """The response to one action; short ones only, as everybody waits. Raises NoAnswer."""
        return self._manager().ask(action, **fields)

    def listed(self, action: str, event: str, **fields: str) -> list[Message]:
        """The events of this name that an action lists. Raises NoAnswer."""
        return self._manager().events(action, event, **fields)

    def _manager(self) -> Manager:
        if self.manager is None:
            raise NoAnswer("Asterisk does not answer now")
        return self.manager
