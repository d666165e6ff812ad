"""A URL -> connection.Database: PostgreSQL's side of the seam."""

import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Event

import psycopg

from reconciler.errors import NoStore
from reconciler.ports import WorkLog
from reconciler.store.connection import Connection, Lease, Writer
from reconciler.store.postgres import helping, lease, partitioning, schema
from reconciler.store.postgres.connection import (
    PostgresConnection,
    PostgresWriter,
    connected,
    snapshot,
)
from reconciler.store.postgres.pool import Pool
from reconciler.store.postgres.url import address_of


class PostgresDatabase:
    """Implements connection.Database."""

    malformed: tuple[type[Exception], ...] = (
        psycopg.DataError,
        psycopg.IntegrityError,
        psycopg.ProgrammingError,
    )

    def __init__(self, url: str) -> None:
        self._address = address_of(url)
        self.shown = self._address.shown
        self._pool: Pool | None = None
        self._looked_at = -math.inf

    @contextmanager
    def pooling(self, size: int) -> Iterator[None]:
        """Connections of readers and writers come from a pool; the lease keeps one of its own."""
        self._pool = pool = Pool(self._address, size)
        try:
            yield
        finally:
            self._pool = None
            pool.close()

    def _connected(self) -> AbstractContextManager[PostgresConnection]:
        return connected(self._address) if self._pool is None else self._pool.connected()

    def _check_version(self, connection: PostgresConnection, outdated: bool = False) -> None:
        """With a pool once a second: a server asks far more often than anybody migrates."""
        now = time.monotonic()
        if self._pool is not None and not outdated and now - self._looked_at < 1:
            return
        schema.check_version(connection, self.shown, outdated)
        self._looked_at = now

    @contextmanager
    def reading(self, *, outdated: bool = False) -> Iterator[PostgresConnection]:
        """One consistent read on a connection of its own. Raises StoreError."""
        with self._connected() as connection, snapshot(connection):
            self._check_version(connection, outdated)
            yield connection

    @contextmanager
    def writing(self, *, create: bool = False) -> Iterator[Writer]:
        """With `create` the tables may be missing. Raises StoreError."""
        with self._connected() as connection:
            if not create:
                self._check_version(connection)
            yield PostgresWriter(self._address, connection)

    def leased(self, wait_seconds: float) -> AbstractContextManager[tuple[Writer, Lease]]:
        """Raises LeaseHeld after waiting, or StoreError."""
        return lease.leased(self._address, wait_seconds)

    def help_passes(self, batch: int, stop: Event, log: WorkLog) -> None:
        """Until `stop` is set. Raises StoreError when the store can't be used at the beginning."""
        helping.help_passes(self._address, batch, stop, log)

    def exists(self) -> bool:
        """Whether the tables are there. Raises StoreError."""
        try:
            with self.reading():
                return True
        except NoStore:
            return False

    def create(self, connection: Connection, *, rehearsal: bool, at: str) -> bool:
        """Makes the tables; False when they are there already. Raises StoreError."""
        assert isinstance(connection, PostgresConnection)
        schema.alone(connection)
        if schema.version_of(connection, self.shown):
            return False
        schema.create_or_migrate(connection, self.shown, rehearsal=rehearsal, at=at)
        return True

    def migrate(self) -> int:
        """To the newest version, which is returned. Raises LeaseHeld while a pass runs."""
        with self.writing(create=True) as writer, writer.transaction() as connection:
            assert isinstance(connection, PostgresConnection)
            there = schema.version_of(connection, self.shown)
            if there and not schema.is_free(connection):
                raise schema.busy(self.shown)
            return schema.create_or_migrate(connection, self.shown)

    def damage(self, connection: Connection) -> Iterator[str]:  # noqa: ARG002
        """Nothing: what a server can check of its files is the business of its own tools."""
        return iter(())

    def references(self, connection: Connection) -> Iterator[str]:  # noqa: ARG002
        """Nothing: no statement gets past the constraints of the server."""
        return iter(())

    def back_up(self, target_path: str) -> None:
        """A SQLite store with the same content, as it is at one instant. Raises StoreError."""
        from reconciler.store.copying import copied_to_file

        copied_to_file(self, target_path)

    def partition(self, parts: int) -> str:
        """Raises LeaseHeld while a pass runs, or StoreError."""
        with self.leased(0) as (writer, held), writer.transaction() as connection:
            assert isinstance(connection, PostgresConnection)
            held.fence(connection)
            return partitioning.divide(connection, parts)

    def drop_months(self, connection: Connection, before: str) -> None:
        """Each a table of its own, dropped without reading its rows."""
        partitioning.drop_months(connection, before)
