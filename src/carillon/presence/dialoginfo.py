"""Lamps: the calls of a person as watchers' phones read them (RFC 4235). Always the full state."""

from __future__ import annotations

from typing import Final

from carillon.presence.markup import attribute, content
from carillon.presence.picture import Line, Picture

TYPE: Final = "application/dialog-info+xml"
_NAMESPACE = "urn:ietf:params:xml:ns:dialog-info"


def write(entity: str, of: Picture, version: int) -> str:
    """The document for watchers of `entity` (a SIP URI): one dialog for each call, none for somebody without calls.

    `version` rises with each document that a watcher gets (RFC 4235 §4.1).
    """
    begin, end = around(entity, of)
    return f"{begin}{version}{end}"


def around(entity: str, of: Picture) -> tuple[str, str]:
    """The document before its version and after it: what is the same for all who are shown the same."""
    dialogs = "".join(_dialog(entity, line) for line in of.lines)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<dialog-info xmlns="{_NAMESPACE}" version="',
        f'" state="full" entity={attribute(entity)}>{dialogs}</dialog-info>\n',
    )


def _dialog(entity: str, line: Line) -> str:
    known = (("call-id", line.call_id), ("local-tag", line.local_tag), ("remote-tag", line.remote_tag))
    named = () if line.calling else known  # nobody takes a call from who makes it
    names = "".join(f" {name}={attribute(value)}" for name, value in named if value)
    direction = "initiator" if line.calling else "recipient"
    return (
        f'<dialog id={attribute(line.id)}{names} direction="{direction}"><state>{line.state}</state>'
        f"<local><identity>{content(entity)}</identity><target uri={attribute(entity)}/></local>"
        f"{_remote(line)}</dialog>"
    )


def _remote(line: Line) -> str:
    if not line.other:
        return ""
    display = f" display={attribute(line.other_name)}" if line.other_name else ""
    uri = line.other if ":" in line.other else f"sip:{line.other}"
    return f"<remote><identity{display}>{content(uri)}</identity><target uri={attribute(uri)}/></remote>"
