"""Bringing the tables of a truth to what this version expects."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from carillon.model.refused import Refused
from carillon.stores.sql.engine import migrating, reading

HEAD = "0032"
"""The newest migration; compared before Alembic is loaded, which takes longer than most commands."""

MIGRATIONS = Path(__file__).parent / "migrations"


def pending(engine: Engine) -> str | None:
    """The revision of an older truth, which lacks migrations; None for one of this version, a newer or an empty one."""
    with reading(engine) as connection:
        found = revision(connection)
    return found if found is not None and found < HEAD else None


def upgrade(engine: Engine) -> None:
    """Run the migrations that this truth lacks. Raises `Refused` when it is too new.

    All or none on SQLite. MariaDB keeps those that ran before one that fails: the copy made before is the way back.
    """
    with reading(engine) as connection:
        if revision(connection) == HEAD:
            return
    with migrating(engine) as connection:
        _run(connection)


def revision(connection: Connection) -> str | None:
    """The last migration that ran, None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _run(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        found = revision(connection)
        raise Refused("truth", f"is of a newer version ({found}); start it with that version.") from error
