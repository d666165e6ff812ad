"""Numbered SQL files -> the tables of a store in a PostgreSQL database, in one transaction."""

import uuid
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from reconciler.errors import LeaseHeld, NoStore, StoreError
from reconciler.store import schema
from reconciler.store.postgres.connection import PostgresConnection

_FOLDER = Path(__file__).parent / "migrations"

# Two processes that make one store at once: the second finds that it is there.
_ALONE = f"SELECT pg_advisory_xact_lock({schema.APPLICATION_ID})"
# An ordinary query: to_regclass() sees what was committed after the snapshot of a reader.
_IS_THERE = "SELECT 1 FROM pg_class WHERE relname = 'install_base' AND pg_table_is_visible(oid)"
_VERSION = "SELECT version FROM install_base"
_SOMETHING_ELSE = "SELECT 1 FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
_PUT_VERSION = """
INSERT INTO install_base (one, version) VALUES (1, :version)
ON CONFLICT (one) DO UPDATE SET version = excluded.version
"""
_PUT_STORE = """
INSERT INTO store (one, store_id, rehearsal, created_at)
VALUES (1, :store_id, :rehearsal, coalesce(:at, to_char(
    clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
)))
"""
_PUT_CHAIN_END = "INSERT INTO chain_end (one, number, digest) VALUES (1, 0, :digest)"
_FREE = """
SELECT one FROM lease WHERE coalesce(expires_at <= clock_timestamp(), TRUE) FOR UPDATE SKIP LOCKED
"""


@cache
def migrations() -> tuple[schema.Migration, ...]:
    """All that this program knows, in order, from version 1 without a gap."""
    return schema.migrations(_FOLDER)


def newest_version() -> int:
    """The version that this program reads and writes."""
    return migrations()[-1].version


def version_of(connection: PostgresConnection, shown: str) -> int:
    """The schema version of a store; 0 for a database in which none was made yet.

    Raises StoreError for a store that a newer program made.
    """
    if connection.execute(_IS_THERE).fetchone() is None:
        return 0
    version = int(connection.execute(_VERSION).fetchone()[0])
    if version > newest_version():
        raise StoreError(
            f"the install base {shown} has schema version {version}, this program knows"
            f" {newest_version()} at most",
            "use the version of reconciler that wrote it, or a newer one",
        )
    return version


def check_version(connection: PostgresConnection, shown: str, outdated: bool = False) -> None:
    """Raises StoreError unless an install base is there that this program can use."""
    version = version_of(connection, shown)
    if version == 0:
        refuse_something_else(connection, shown)
        raise NoStore(shown)
    if version < newest_version() and not outdated:
        raise StoreError(
            f"the install base {shown} has schema version {version}, this program needs"
            f" {newest_version()}",
            "make a backup of the database, then run reconciler store migrate",
        )


def refuse_something_else(connection: PostgresConnection, shown: str) -> None:
    """Raises StoreError when the schema holds tables that are no install base."""
    if connection.execute(_SOMETHING_ELSE).fetchone():
        raise StoreError(
            f"{shown} is a PostgreSQL database, but no install base",
            "check the URL of the store, or name an empty database",
        )


def create_or_migrate(
    connection: PostgresConnection,
    shown: str,
    *,
    rehearsal: bool = False,
    at: str | None = None,
    known: Sequence[schema.Migration] | None = None,
) -> int:
    """Brings a store, or an empty database, to the newest schema version; returns that version.

    Runs inside the caller's transaction, so that a kill leaves the version from before. `at` None
    takes the database's clock. `known` are all migrations unless a test says otherwise. Raises
    LeaseHeld while a pass runs.
    """
    alone(connection)
    before = version_of(connection, shown)
    if before == 0:
        refuse_something_else(connection, shown)
    version = before
    for migration in migrations() if known is None else known:
        if migration.version > before:
            if before and connection.execute(_FREE).fetchone() is None:
                raise busy(shown)
            connection.script(migration.script)
            version = migration.version
            connection.execute(_PUT_VERSION, {"version": version})
    if before == 0:
        values = {"store_id": uuid.uuid4().hex, "rehearsal": rehearsal, "at": at}
        connection.execute(_PUT_STORE, values)
        connection.execute(_PUT_CHAIN_END, {"digest": schema.BEFORE_FIRST})
    return version


def alone(connection: PostgresConnection) -> None:
    """Keeps others from making or migrating a store, until the transaction ends."""
    connection.execute(_ALONE)


def busy(shown: str) -> LeaseHeld:
    """What is said when a pass runs."""
    return LeaseHeld(
        f"a reconciler works on the install base {shown}; it was not migrated",
        "stop it, or wait until its pass is over",
    )


def is_free(connection: PostgresConnection) -> bool:
    """Whether nobody holds the lease; it stays free until the transaction ends."""
    return connection.execute(_FREE).fetchone() is not None
