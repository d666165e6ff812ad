"""A file -> connection.Database: SQLite's side of the seam."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import Event

from reconciler.errors import StoreError
from reconciler.ports import WorkLog
from reconciler.store import file_lease, schema, sqlite, upkeep
from reconciler.store.connection import Connection, Lease, Writer
from reconciler.store.readers import Readers
from reconciler.store.urls import Place


class FileDatabase:
    """Implements connection.Database."""

    malformed: tuple[type[Exception], ...] = (
        sqlite3.IntegrityError,
        sqlite3.InterfaceError,
        sqlite3.ProgrammingError,
    )

    def __init__(self, place: Place) -> None:
        self.place = place
        self.shown = place.shown
        self._readers: Readers | None = None

    @contextmanager
    def pooling(self, size: int) -> Iterator[None]:
        """Readers are kept; a writer closes, so that the log goes into the file."""
        self._readers = readers = Readers(self.place, size)
        try:
            yield
        finally:
            self._readers = None
            readers.close()

    def reading(self, *, outdated: bool = False) -> AbstractContextManager[Connection]:
        """One consistent read; the file stays as it is. Raises StoreError."""
        if self._readers is not None and not outdated:
            return self._readers.reading()
        return sqlite.reading(self.place, outdated=outdated)

    def writing(self, *, create: bool = False) -> AbstractContextManager[Writer]:
        """A writer; with `create` the file is made when missing. Raises StoreError."""
        return sqlite.writing(self.place, create=create)

    def leased(self, wait_seconds: float) -> AbstractContextManager[tuple[Writer, Lease]]:
        """Holds the lock file beside the store. Raises LeaseHeld after waiting, or StoreError."""
        return file_lease.leased(self.place, wait_seconds)

    def help_passes(self, batch: int, stop: Event, log: WorkLog) -> None:  # noqa: ARG002
        """Refused: one process writes to a file. Raises StoreError."""
        raise StoreError(
            f"the install base {self.shown} is a file, which one process writes at a time:"
            " there is nothing that a worker could help with",
            "workers need a store on a server: reconciler work --store postgresql://…;"
            " reconciler store copy moves an install base there",
        )

    def exists(self) -> bool:
        """False also for an empty file, and for trouble that opening it to write will name."""
        with suppress(FileNotFoundError):
            if self.place.path.stat().st_size:
                with suppress(StoreError), self.reading():
                    return True
        return False

    def create(self, connection: Connection, *, rehearsal: bool, at: str) -> bool:
        """Makes the tables; False when they are there already. Raises StoreError."""
        if schema.version_of(connection, self.shown):
            return False
        schema.create_or_migrate(connection, self.shown, rehearsal=rehearsal, at=at)
        return True

    def migrate(self) -> int:
        """To the newest version, which is returned. Raises LeaseHeld while a pass runs."""
        return upkeep.migrate_store(self.place)

    def damage(self, connection: Connection) -> Iterator[str]:
        """What SQLite finds wrong with the pages of the file."""
        for (sentence,) in connection.execute("PRAGMA integrity_check"):
            if sentence != "ok":
                yield f"the file is damaged: {sentence}"

    def references(self, connection: Connection) -> Iterator[str]:
        """Rows that refer to what is not there: anybody can write to a file without the checks."""
        for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
            of_row = "" if row is None else f" {row}"
            yield f"{table}{of_row} refers to a row of {parent} that is not there"

    def back_up(self, target_path: str) -> None:
        """Copies all pages, also while a pass runs. Raises StoreError."""
        upkeep.back_up(self.place, target_path)

    def partition(self, parts: int) -> str:  # noqa: ARG002
        """Raises StoreError."""
        raise StoreError(
            f"{self.shown} is a file, which is not divided into parts",
            "move the install base to PostgreSQL first: reconciler store copy",
        )

    def drop_months(self, connection: Connection, before: str) -> None:
        """Nothing: a file keeps all months in one table."""
