"""A file -> SQLite connections: readers that change nothing, and one writer at a time.

SQLite before 3.51.3 can damage a write-ahead log when two connections write or checkpoint at the
same instant. So automatic checkpoints are off, and every writing transaction, every checkpoint and
the closing of a writing connection (which checkpoints) runs under one file lock. Readers open the
file read-only, which never checkpoints, and take no lock of ours.
"""

import errno
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote

from reconciler.errors import NoStore, RowsRefused, StoreError
from reconciler.store import locks, schema
from reconciler.store.connection import Values
from reconciler.store.urls import Place

_WRITE_WAIT_SECONDS = 60.0
_BUSY_SECONDS = 10.0
_LARGE_LOG_BYTES = 64 * 1024 * 1024
_OLDEST_SQLITE = (3, 39, 0)  # the first with IS DISTINCT FROM

_PRAGMAS = ("trusted_schema = OFF", "mmap_size = 0", "cache_size = -16384")
_WRITER_PRAGMAS = (
    "foreign_keys = ON", "wal_autocheckpoint = 0", "synchronous = FULL", "temp_store = MEMORY",
)  # fmt: skip

_LISTED = """
CREATE TEMPORARY TABLE IF NOT EXISTS listed (
    account TEXT, pack TEXT, instance TEXT, origin TEXT, entitled INTEGER, release TEXT,
    declared TEXT, requested TEXT, adopt_declared TEXT, adopt_requested TEXT, adopted_in INTEGER,
    adopt_at TEXT, hold_until TEXT, hold_reason TEXT, updated_at TEXT,
    PRIMARY KEY (account, pack, instance)
)
"""


class SqliteConnection(sqlite3.Connection):
    """Implements connection.Connection."""

    alone = True

    def stream(self, statement: str, values: Values | None = None) -> Iterator[Any]:
        """Rows as they are asked for, which is SQLite's way with every statement."""
        return iter(self.execute(statement, values or {}))

    def lock(self, rows: str, values: Values | None = None) -> None:
        """Whoever writes is alone."""

    def list_rows(self, columns: Sequence[str], rows: Iterable[Values]) -> None:
        """Into a table of this connection's own, never in the file."""
        self.execute(_LISTED)
        self.execute("DELETE FROM temp.listed")
        names = ", ".join(f":{column}" for column in columns)
        self.executemany(f"INSERT INTO temp.listed ({', '.join(columns)}) VALUES ({names})", rows)

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """By one prepared statement; numbers go on from the highest by themselves."""
        places = ", ".join("?" for _ in columns)
        self.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)


@contextmanager
def translated(place: Place) -> Iterator[None]:
    """Turns what SQLite and the file system say into one line with a hint."""
    try:
        yield
    except sqlite3.Error as error:
        raise _explained(error, place) from error
    except locks.LockBusy:
        raise StoreError(
            f"the install base {place.shown} is locked: another process has been writing to it for"
            f" {_WRITE_WAIT_SECONDS:.0f} s",
            "see which process holds the file beside it that ends in .write, and stop that one",
        ) from None


def _explained(error: sqlite3.Error, place: Place) -> StoreError:
    store = f"the install base {place.shown}"
    code = getattr(error, "sqlite_errorcode", None)
    match None if code is None else code & 0xFF:
        case sqlite3.SQLITE_FULL:
            return StoreError(
                f"the disk that holds {store} is full; nothing more was written",
                "make room and run again",
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return StoreError(
                f"{store} is read-only", "check the permissions of the file and of its folder"
            )
        case sqlite3.SQLITE_NOTADB:
            return StoreError(f"{place.shown} is not a database", "check the URL of the store")
        case sqlite3.SQLITE_CORRUPT:
            return StoreError(
                f"{store} is damaged: {error}",
                "restore a backup, or rebuild it from the repository and the last export",
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreError(
                f"{store} is locked by another program",
                "close whatever else has the file open and run again",
            )
        case sqlite3.SQLITE_CANTOPEN:
            return StoreError(
                f"{store} can't be opened",
                "check the permissions of the file and of its folder; after a crash the folder must"
                " be writable once",
            )
        case sqlite3.SQLITE_IOERR:
            return StoreError(
                f"{store} can't be read or written: {error}; nothing more was written",
                "check the disk, its free space and the limits on file sizes",
            )
        case sqlite3.SQLITE_CONSTRAINT | sqlite3.SQLITE_MISMATCH | sqlite3.SQLITE_TOOBIG:
            return RowsRefused(
                f"{store} refused a write that breaks one of its rules: {error}",
                "run reconciler store check",
                str(error),
            )
        case _:
            return StoreError(f"{store} can't be used: {error}", "run reconciler store check")


def missing(place: Place) -> NoStore:
    """What is said wherever a store is needed and there is none."""
    return NoStore(place.shown)


@contextmanager
def reading(place: Place, *, outdated: bool = False) -> Iterator[SqliteConnection]:
    """One consistent read on a connection of its own; the file stays as it is, byte for byte.

    Raises StoreError: no install base there, one of a newer schema version (or an older one, unless
    `outdated` ones will do), or not readable.
    """
    if not place.path.exists():
        raise missing(place)
    with translated(place):
        connection = open_reader(place)
        try:
            connection.execute("BEGIN")
            check_version(connection, place, outdated)
            yield connection
        finally:
            connection.close()


def open_reader(place: Place) -> SqliteConnection:
    """A connection that can't write.

    On a read-only disk, where SQLite can't lay its index beside the file, the file itself is all
    there is to read, provided that no log lies beside it.
    """
    try:
        return _connect(place, "mode=ro")
    except sqlite3.OperationalError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        log = place.beside("-wal")
        unfinished = log.exists() and log.stat().st_size > 0
        if unfinished or code not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
    return _connect(place, "mode=ro&immutable=1")


def _connect(place: Place, parameters: str) -> SqliteConnection:
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        oldest = ".".join(map(str, _OLDEST_SQLITE))
        raise StoreError(
            f"this Python has SQLite {sqlite3.sqlite_version}; the install base needs {oldest}",
            "use a Python with a newer SQLite",
        )
    connection = sqlite3.connect(
        f"file:{quote(str(place.path))}?{parameters}",
        uri=True,
        isolation_level=None,
        timeout=_BUSY_SECONDS,
        check_same_thread=False,
        factory=SqliteConnection,
    )
    try:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def check_version(connection: SqliteConnection, place: Place, outdated: bool = False) -> None:
    """Raises StoreError unless an install base is there that this program can use."""
    version = schema.version_of(connection, place.shown)
    if version == 0:
        raise missing(place)
    if version < schema.newest_version() and not outdated:
        raise StoreError(
            f"the install base {place.shown} has schema version {version}, this program needs"
            f" {schema.newest_version()}",
            f"run reconciler store backup, then reconciler store migrate --store"
            f" sqlite:///{place.shown}",
        )


class SqliteWriter:
    """A connection that may write; each transaction holds the write lock, and only then."""

    def __init__(self, place: Place, connection: SqliteConnection) -> None:
        self._place = place
        self.connection = connection

    @contextmanager
    def transaction(self) -> Iterator[SqliteConnection]:
        """Everything inside is written, or nothing. Raises StoreError."""
        with translated(self._place), _write_lock(self._place):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                # After a full disk SQLite may have rolled back by itself, or be unable to.
                with suppress(sqlite3.Error):
                    self.connection.execute("ROLLBACK")
                raise
            self._shorten_log()

    def _shorten_log(self) -> None:
        try:
            length = self._place.beside("-wal").stat().st_size
        except FileNotFoundError:
            return
        if length > _LARGE_LOG_BYTES:
            checkpoint(self.connection)


def checkpoint(connection: sqlite3.Connection) -> None:
    """Moves the log into the file; the caller holds the write lock.

    What was committed is safe in the log, so trouble here is not the caller's. Nor does it wait:
    beside a long reader it moves what it can.
    """
    with suppress(sqlite3.Error):
        connection.execute("PRAGMA busy_timeout = 0")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000:.0f}")


@contextmanager
def writing(place: Place, *, create: bool = False) -> Iterator[SqliteWriter]:
    """A writer for the block. Raises StoreError.

    With `create` the file is made when missing and its schema version is the caller's business.
    """
    if not create and not place.path.exists():
        raise missing(place)
    with translated(place):
        with _write_lock(place):
            connection = _open_writer(place, create)
        try:
            yield SqliteWriter(place, connection)
        finally:
            _close_writer(place, connection)


def _open_writer(place: Place, create: bool) -> SqliteConnection:
    connection = _connect(place, "mode=rwc" if create else "mode=rw")
    try:
        for pragma in _WRITER_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        if create:
            schema.version_of(connection, place.shown)
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
        else:
            check_version(connection, place)
    except BaseException:
        connection.close()
        raise
    return connection


def _close_writer(place: Place, connection: sqlite3.Connection) -> None:
    try:
        with _write_lock(place):
            checkpoint(connection)
            connection.close()
    except (StoreError, locks.LockBusy):
        # Closing would checkpoint, which is another's right now; the log keeps what was committed.
        # The connection closes with the process, whose end frees its locks.
        _unclosed.append(connection)


_unclosed: list[sqlite3.Connection] = []


@contextmanager
def _write_lock(place: Place) -> Iterator[None]:
    with locked(place, ".write", _WRITE_WAIT_SECONDS):
        yield


@contextmanager
def locked(place: Place, suffix: str, wait_seconds: float) -> Iterator[int]:
    """Holds a lock file beside the store; gives its descriptor.

    Raises LockBusy, or StoreError if it can't be made.
    """
    entered = False
    try:
        with locks.held(place.beside(suffix), wait_seconds) as descriptor:
            entered = True
            yield descriptor
    except OSError as error:
        if entered:
            raise
        raise _unwritable(error, place) from error


def _unwritable(error: OSError, place: Place) -> StoreError:
    store = f"the install base {place.shown}"
    if error.errno == errno.ENOENT:
        return StoreError(
            f"there is no folder {os.fspath(place.path.parent)} for {store}", "create the folder"
        )
    if error.errno == errno.ENOSPC:
        return StoreError(f"the disk that holds {store} is full", "make room and run again")
    return StoreError(
        f"{store} can't be written: {error.strerror}",
        "check the permissions of the file and of its folder",
    )
