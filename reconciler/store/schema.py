"""Numbered SQL files -> the tables of a store, one transaction for each file."""

import re
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from reconciler.errors import StoreError
from reconciler.store.connection import Connection

# Says in the header of the file that it is an install base ("IBRC").
APPLICATION_ID = 0x49425243

_FOLDER = Path(__file__).parent / "migrations"
_FILE_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")

_PUT_STORE = """
INSERT INTO store (one, store_id, rehearsal, created_at)
VALUES (1, :store_id, :rehearsal, coalesce(:at, strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')))
"""
_PUT_CHAIN_END = """
INSERT INTO chain_end (one, number, digest) VALUES (1, 0, :digest)
"""
BEFORE_FIRST = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """The statements that lead from the version before to `version`."""

    version: int
    script: str

    def statements(self) -> Iterator[str]:
        """One by one: sqlite3's executescript would commit what came before."""
        statement = ""
        for line in self.script.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                yield statement
                statement = ""


@cache
def migrations(folder: Path = _FOLDER) -> tuple[Migration, ...]:
    """All that this program knows, in order, from version 1 without a gap."""
    files = folder.iterdir()
    numbered = sorted(
        (int(match.group(1)), file) for file in files if (match := _FILE_NAME.fullmatch(file.name))
    )
    assert [number for number, _ in numbered] == list(range(1, len(numbered) + 1))
    return tuple(
        Migration(version=number, script=file.read_text(encoding="utf-8"))
        for number, file in numbered
    )


def newest_version() -> int:
    """The version that this program reads and writes."""
    return migrations()[-1].version


def version_of(connection: Connection, shown: str) -> int:
    """The schema version of a store; 0 for a file in which none was made yet.

    Raises StoreError for a database that is something else, and for one that a newer program made.
    """
    application_id, version = (
        connection.execute(f"PRAGMA {pragma}").fetchone()[0]
        for pragma in ("application_id", "user_version")
    )
    if application_id == APPLICATION_ID:
        if version > newest_version():
            raise StoreError(
                f"the install base {shown} has schema version {version}, this program knows"
                f" {newest_version()} at most",
                "use the version of reconciler that wrote it, or a newer one",
            )
        return int(version)
    if application_id or version or connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
        raise StoreError(
            f"{shown} is a SQLite database, but no install base", "check the URL of the store"
        )
    return 0


def create_or_migrate(
    connection: Connection,
    shown: str,
    *,
    rehearsal: bool = False,
    at: str | None = None,
    known: Sequence[Migration] | None = None,
) -> int:
    """Brings a store, or an empty file, to the newest schema version; returns that version.

    Runs inside the caller's transaction, so that a kill leaves the version from before. `at` None
    takes the database's clock. `known` are all migrations unless a test says otherwise.
    """
    before = version_of(connection, shown)
    for migration in migrations() if known is None else known:
        if migration.version > before:
            for statement in migration.statements():
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {migration.version}")
    if before == 0:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        values = {"store_id": uuid.uuid4().hex, "rehearsal": rehearsal, "at": at}
        connection.execute(_PUT_STORE, values)
        connection.execute(_PUT_CHAIN_END, {"digest": BEFORE_FIRST})
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
