"""Connections that read a file -> the same, kept for whoever reads next."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock

from reconciler.store import sqlite
from reconciler.store.urls import Place


class Readers:
    """At most `size` are kept between reads. Another file in the same place is another store."""

    def __init__(self, place: Place, size: int) -> None:
        self._place, self._size = place, size
        self._lock = Lock()
        self._idle: list[tuple[tuple[int, int], sqlite.SqliteConnection]] = []
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[sqlite.SqliteConnection]:
        """One consistent read. Raises StoreError."""
        with sqlite.translated(self._place):
            which = self._which()
            connection = self._taken(which) or sqlite.open_reader(self._place)
            kept = False
            try:
                connection.execute("BEGIN")
                sqlite.check_version(connection, self._place)
                yield connection
                connection.execute("ROLLBACK")
                kept = self._keep(which, connection)
            finally:
                if not kept:
                    connection.close()

    def close(self) -> None:
        """Those that are in use are closed after it."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for _, connection in idle:
            connection.close()

    def _which(self) -> tuple[int, int]:
        """The file that is there now."""
        try:
            found = self._place.path.stat()
        except FileNotFoundError:
            raise sqlite.missing(self._place) from None
        return found.st_dev, found.st_ino

    def _taken(self, which: tuple[int, int]) -> sqlite.SqliteConnection | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                its_file, connection = self._idle.pop()
            if its_file == which:
                return connection
            with suppress(sqlite3.Error):
                connection.close()

    def _keep(self, which: tuple[int, int], connection: sqlite.SqliteConnection) -> bool:
        with self._lock:
            if self._closed or len(self._idle) >= self._size:
                return False
            self._idle.append((which, connection))
            return True
