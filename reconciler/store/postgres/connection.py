"""An address -> connections that run the statements which SQLite runs, too.

Every connection commits by itself unless a transaction was begun, so that the statements below are
all that happens. Nothing of a session outlives a transaction: a pooler may stand in between.
"""

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import count
from typing import Any, cast

import psycopg
from psycopg import sql

from reconciler.errors import StoreError
from reconciler.store.connection import Cursor, Values
from reconciler.store.postgres.errors import translated
from reconciler.store.postgres.url import Address

# What it says of lost connections is said again, in our words.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

_OLDEST_SERVER = 150000
_STREAMED_ROWS = 5_000

# Literals and casts are left alone; a % would be a place for a value to psycopg.
_TOKEN = re.compile(r"'[^']*'|::|:(?P<name>[a-z_]+)|%")

_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
# Each statement sees what was committed before it; what two statements must agree on is locked.
_WRITE = """
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL idle_in_transaction_session_timeout = {stopped:.0f};
SET LOCAL lock_timeout = {locked:.0f};
"""
# How long a transaction may hold its rows while its process is stopped, and wait for another's.
_STOPPED_SECONDS = 30.0
_LOCKED_SECONDS = 60.0

_LISTED = """
CREATE TEMPORARY TABLE listed (
    account TEXT COLLATE "C", pack TEXT COLLATE "C", instance TEXT COLLATE "C", origin TEXT,
    entitled BOOLEAN, release TEXT COLLATE "C", declared TEXT, requested TEXT,
    adopt_declared TEXT COLLATE "C", adopt_requested TEXT COLLATE "C", adopted_in INTEGER,
    adopt_at TEXT COLLATE "C", hold_until TEXT COLLATE "C", hold_reason TEXT,
    updated_at TEXT COLLATE "C",
    PRIMARY KEY (account, pack, instance)
) ON COMMIT DROP
"""
_NUMBERED = """
SELECT attname FROM pg_attribute
WHERE attrelid = to_regclass(:table) AND attnum > 0 AND NOT attisdropped
    AND pg_get_serial_sequence(:table, attname) IS NOT NULL
"""


@lru_cache(maxsize=512)
def translated_statement(statement: str) -> str:
    """`:name` as psycopg has it, %(name)s."""

    def place(found: re.Match[str]) -> str:
        name = found["name"]
        return f"%({name})s" if name else found[0].replace("%", "%%")

    return _TOKEN.sub(place, statement)


class PostgresConnection:
    """Implements connection.Connection."""

    alone = False

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        self.raw = raw
        self._streams = count(1)

    def execute(self, statement: str, values: Values | None = None, /) -> Cursor:
        return self.raw.execute(translated_statement(statement), values or {})

    def script(self, statements: str, /) -> None:
        """Several statements, without values, at once."""
        self.raw.execute(statements)

    def executemany(self, statement: str, rows: Iterable[Values], /) -> None:
        with self.raw.cursor() as cursor:
            cursor.executemany(translated_statement(statement), rows)
        # What ends a pipeline stops the server's clock for transactions that idle; this starts it.
        self.raw.execute("SELECT 1")

    def stream(self, statement: str, values: Values | None = None, /) -> Iterator[Any]:
        """Through a cursor on the server, inside a transaction."""
        # The server would plan for the first tenth of the rows; all of them are wanted.
        self.raw.execute("SET LOCAL cursor_tuple_fraction = 1")
        with self.raw.cursor(name=f"stream_{next(self._streams)}") as cursor:
            cursor.itersize = _STREAMED_ROWS
            cursor.execute(translated_statement(statement), values or {})
            yield from cursor

    def lock(self, rows: str, values: Values | None = None, /) -> None:
        """References to the rows may still be checked beside it."""
        self.execute(f"{rows} FOR NO KEY UPDATE", values)

    def list_rows(self, columns: Sequence[str], rows: Iterable[Values], /) -> None:
        """The table goes with the transaction."""
        self.execute(_LISTED)
        self._copy("listed", columns, ([row[column] for column in columns] for row in rows))
        self.execute("ANALYZE listed")

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], /) -> None:
        """By COPY; a column that numbers its rows goes on from the highest."""
        self._copy(table, columns, rows)
        for (column,) in self.execute(_NUMBERED, {"table": table}).fetchall():
            self.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'),"
                f" coalesce(max({column}), 0) + 1, FALSE) FROM {table}"
            )

    def _copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        with self.raw.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)


class PostgresWriter:
    """A connection that may write, in transactions that wait for each other's rows."""

    def __init__(
        self,
        address: Address,
        connection: PostgresConnection,
        *,
        stopped_seconds: float = _STOPPED_SECONDS,
        locked_seconds: float = _LOCKED_SECONDS,
    ) -> None:
        self._address = address
        self.connection = connection
        self._begin = _WRITE.format(stopped=stopped_seconds * 1000, locked=locked_seconds * 1000)

    @contextmanager
    def transaction(self) -> Iterator[PostgresConnection]:
        """Everything inside is written, or nothing. Raises StoreError."""
        with translated(self._address.shown):
            self.connection.script(self._begin)
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                with suppress(psycopg.Error):
                    self.connection.execute("ROLLBACK")
                raise


@contextmanager
def connected(address: Address) -> Iterator[PostgresConnection]:
    """A connection for the block. Raises StoreError."""
    with translated(address.shown):
        raw = psycopg.connect(**options(address))
        try:
            check_server(raw, address)
            yield PostgresConnection(raw)
        finally:
            raw.close()


def options(address: Address) -> dict[str, Any]:
    """How connections are made. Statements are not prepared: behind a pooler another session would
    run them.
    """
    return {
        **cast(dict[str, Any], address.parameters),
        "autocommit": True,
        "prepare_threshold": None,
        "client_encoding": "utf8",
    }


def check_server(raw: psycopg.Connection[Any], address: Address) -> None:
    """Raises StoreError for a server that this program can't use; asks it nothing."""
    if raw.info.server_version < _OLDEST_SERVER:
        raise StoreError(
            f"the server of {address.shown} is PostgreSQL {raw.info.server_version // 10000}; the"
            f" install base needs {_OLDEST_SERVER // 10000}",
            "use a newer server",
        )
    if raw.info.parameter_status("server_encoding") != "UTF8":
        raise StoreError(
            f"the database of {address.shown} does not keep its texts as UTF-8",
            "create the database with ENCODING 'UTF8'",
        )


@contextmanager
def snapshot(connection: PostgresConnection) -> Iterator[PostgresConnection]:
    """One consistent read for the block."""
    connection.execute(_READ)
    try:
        yield connection
    finally:
        with suppress(psycopg.Error):
            connection.execute("ROLLBACK")
