"""Use cases of witnesses: machines that only vote in the cluster of the database."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Connection, Engine, delete, insert, select

from carillon.model.change import Noun, Subject
from carillon.model.refused import Refused
from carillon.model.witness import Witness
from carillon.provisioning.changes import State, record
from carillon.provisioning.places import default_domain
from carillon.stores.sql.engine import reading, repeated, writing
from carillon.stores.sql.tables import node, witness


def all_witnesses(engine: Engine) -> tuple[Witness, ...]:
    """All witnesses by name."""
    with reading(engine) as connection:
        return witnesses_of(connection)


def witnesses_of(connection: Connection) -> tuple[Witness, ...]:
    """As `all_witnesses`, within a transaction."""
    return tuple(Witness(**row) for row in connection.execute(select(witness).order_by(witness.c.name)).mappings())


@repeated
def add(engine: Engine, who: str, new: Witness) -> int:
    """Add a witness, or give the one of this name another address. Returns the sequence; raises `Refused`."""
    with writing(engine) as connection:
        before = {one.name: one for one in witnesses_of(connection)}.get(new.name)
        _require_addable(connection, new)
        connection.execute(delete(witness).where(witness.c.name == new.name))
        connection.execute(insert(witness).values(**asdict(new)))
        subject = Subject(Noun.NODE, default_domain(connection), new.name)
        return record(connection, who, subject, None if before is None else _state(before), _state(new))


def _require_addable(connection: Connection, new: Witness) -> None:
    there = connection.execute(select(node.c.name, node.c.address, node.c.member)).all()
    if not any(row.member for row in there):
        raise Refused("witness", "there is no cluster yet in which it could vote; add a second node first.")
    if new.name in {row.name for row in there}:
        raise Refused("name", f"there is a node {new.name} already; choose another name for the witness.")
    for row in there:
        if row.address == new.address:
            raise Refused("address", f"{new.address} is the address of {row.name}; a witness is a machine of its own.")


@repeated
def remove(engine: Engine, who: str, gone: Witness) -> int:
    """Forget a witness. Returns the sequence."""
    with writing(engine) as connection:
        connection.execute(delete(witness).where(witness.c.name == gone.name))
        subject = Subject(Noun.NODE, default_domain(connection), gone.name)
        return record(connection, who, subject, _state(gone), None)


def _state(of: Witness) -> State:
    return {"address": of.address, "port": str(of.port), "witness": "yes"}
