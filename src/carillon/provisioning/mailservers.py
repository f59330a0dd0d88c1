"""The mail server of a system: set, show, remove. Its password is sealed, and never shown again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select

from carillon.model.change import Noun, Subject
from carillon.model.mailserver import MailServer, Security, server_typed
from carillon.model.refused import Refused
from carillon.provisioning.changes import State, record
from carillon.provisioning.places import default_domain
from carillon.provisioning.trunkkey import TrunkKey
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.tables import mailserver

ONLY = 1


@repeated
def set(
    engine: Engine,
    who: str,
    key: TrunkKey,
    server: str | None = None,
    sender: str | None = None,
    user: str | None = None,
    security: Security | None = None,
    password: str | None = None,
) -> int:
    """Change by which server messages leave; the first time `server` is needed. Returns the sequence.

    Raises `Refused`.
    """
    with writing(engine) as connection:
        domain = default_domain(connection)
        before, sealed = _found(connection)
        if before is None and server is None:
            raise Refused("server", "is needed: give --server HOST:PORT.")
        base = before or MailServer(*server_typed(server or ""), sender or f"voicemail@{domain}")
        host, port = server_typed(server) if server is not None else (base.host, base.port)
        after = replace(
            base,
            host=host,
            port=port,
            sender=sender or base.sender,
            user=base.user if user is None else user or None,
            security=security or base.security,
        )
        sealed = key.seal(password) if password else (sealed if after.user else None)
        if after.user and sealed is None:
            raise Refused("password", f"is needed for the user {after.user}; give --password -.")
        connection.execute(delete(mailserver))
        connection.execute(insert(mailserver).values(id=ONLY, **_values(after), sealed_password=sealed))
        subject, old = Subject(Noun.MAIL, domain, after.host), _state(before) if before else None
        return record(connection, who, subject, old, _state(after, changed=bool(password)))


@repeated
def remove(engine: Engine, who: str) -> int:
    """Send no messages any more. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        before, _ = _found(connection)
        if before is None:
            raise Refused("server", "there is none.")
        connection.execute(delete(mailserver))
        return record(
            connection, who, Subject(Noun.MAIL, default_domain(connection), before.host), _state(before), None
        )


def show(engine: Engine) -> MailServer | None:
    """The server, None when there is none."""
    with reading(engine) as connection:
        return _found(connection)[0]


def settings(engine: Engine, who: str, key: TrunkKey) -> Mapping[str, Any] | None:
    """What it takes to send, the password too, for the services only; None when there is no server."""
    with reading(engine) as connection:
        found, sealed = _found(connection)
    if found is None:
        return None
    return {**_values(found), "password": key.open(sealed) if sealed else None}


def _found(connection: Connection) -> tuple[MailServer | None, str | None]:
    row = connection.execute(select(mailserver)).one_or_none()
    if row is None:
        return None, None
    return MailServer(row.host, row.port, row.sender, row.user, Security(row.security)), row.sealed_password


def _values(of: MailServer) -> dict[str, Any]:
    return {"host": of.host, "port": of.port, "sender": of.sender, "user": of.user, "security": str(of.security)}


def _state(of: MailServer, *, changed: bool = False) -> State:
    password = {"password": "changed"} if changed else {}
    return {**{name: None if value is None else str(value) for name, value in _values(of).items()}, **password}
