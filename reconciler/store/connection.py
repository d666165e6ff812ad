"""What the queries ask of a database: the seam behind which SQLite and PostgreSQL stand.

The statements are shared. Where the two differ (connecting, locks, the lease, temporary tables,
bulk, migrations, what their errors mean) each has its own way of keeping these promises.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from threading import Event
from typing import Any, Protocol

from reconciler.ports import WorkLog

Values = Mapping[str, Any]


class Cursor(Protocol):
    """The rows of a statement, and how many it wrote."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """Runs statements; values are always bound by name (:name)."""

    @property
    def alone(self) -> bool:
        """Whether a transaction that writes is the only one; else rows are locked."""
        ...

    def execute(self, statement: str, values: Values = ..., /) -> Cursor: ...

    def executemany(self, statement: str, rows: Iterable[Values], /) -> object: ...

    def stream(self, statement: str, values: Values = ..., /) -> Iterator[Any]:
        """Rows as they are asked for, so that a million cost no memory."""
        ...

    def lock(self, rows: str, values: Values = ..., /) -> None:
        """Keeps other writers from the rows that a SELECT names, until the transaction ends.

        Nothing to do where a database has one writer at a time.
        """
        ...

    def list_rows(self, columns: Sequence[str], rows: Iterable[Values], /) -> None:
        """Puts rows into the temporary table `listed`, in place of those that were there."""
        ...

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], /) -> None:
        """Adds rows in bulk, numbers included; the next number follows the highest."""
        ...


class Writer(Protocol):
    """A connection that may write."""

    @property
    def connection(self) -> Connection:
        """For reading between two transactions."""
        ...

    def transaction(self) -> AbstractContextManager[Connection]:
        """Everything inside is written, or nothing. Raises StoreError."""
        ...


class Lease(Protocol):
    """The right to write, as a pass holds it."""

    def confirm(self, connection: Connection) -> None:
        """In a transaction that writes a single row: the lease is still ours, or LeaseLost."""
        ...

    def fence(self, connection: Connection) -> int:
        """At the start of a transaction: takes or renews the fencing token. Raises LeaseLost."""
        ...

    def fenced(self, token: int) -> None:
        """That transaction was committed."""
        ...

    def share(self, connection: Connection, packs: Sequence[Values], common: Values) -> None:
        """From the end of this transaction on, workers may help with the roll-outs of `packs`.

        Each has its pack's number and whether it is closed and suspended; `common` are the values
        that all of them share: gated, today, at, actor.
        """
        ...

    def helped(self, connection: Connection) -> Mapping[int, int]:
        """pack number -> rows that workers moved, and that were not asked for yet."""
        ...

    def unshare(self, connection: Connection) -> None:
        """Nobody helps any more; waits for those in the middle of a transaction."""
        ...


class Database(Protocol):
    """A place for one install base; each connection is opened for a block and closed after it.

    Inside pooling() it is kept for the next block.
    """

    @property
    def shown(self) -> str:
        """How messages name it; never a password."""
        ...

    @property
    def malformed(self) -> tuple[type[Exception], ...]:
        """What it raises for values that its columns do not take."""
        ...

    def pooling(self, size: int) -> AbstractContextManager[None]:
        """For the block at most `size` connections are kept, for a process that many ask."""
        ...

    def reading(self, *, outdated: bool = False) -> AbstractContextManager[Connection]:
        """One consistent read, which changes nothing.

        Raises StoreError: no install base there, one of a newer schema version (or an older one,
        unless `outdated` ones will do), or not readable.
        """
        ...

    def writing(self, *, create: bool = False) -> AbstractContextManager[Writer]:
        """With `create` the install base may be missing. Raises StoreError."""
        ...

    def leased(self, wait_seconds: float) -> AbstractContextManager[tuple[Writer, Lease]]:
        """The lease, for the block. Raises LeaseHeld after waiting, or StoreError."""
        ...

    def help_passes(self, batch: int, stop: Event, log: WorkLog) -> None:
        """Moves rows for whatever pass goes on, at most `batch` at once, until `stop` is set.

        Raises StoreError where one process alone can write.
        """
        ...

    def exists(self) -> bool:
        """Whether an install base of this program's schema is there. Raises StoreError."""
        ...

    def create(self, connection: Connection, *, rehearsal: bool, at: str) -> bool:
        """Makes the tables in the caller's transaction; False when they are there already."""
        ...

    def migrate(self) -> int:
        """Brings it to the newest schema version, which is returned; makes one if there is none.

        Raises LeaseHeld while a pass runs.
        """
        ...

    def damage(self, connection: Connection) -> Iterator[str]:
        """What the database itself finds wrong with what it keeps."""
        ...

    def references(self, connection: Connection) -> Iterator[str]:
        """Rows that refer to what is not there."""
        ...

    def back_up(self, target_path: str) -> None:
        """Copies everything to a new file, as it is at one instant. Raises StoreError."""
        ...

    def partition(self, parts: int) -> str:
        """Divides attachments by account and history by month, and makes coming months.

        Returns the first month (YYYY-MM) for which there is no part yet. Raises LeaseHeld while a
        pass runs, and StoreError where the database has no such thing.
        """
        ...

    def drop_months(self, connection: Connection, before: str) -> None:
        """Drops whole months of history up to `before` (YYYY-MM), where it is divided by month."""
        ...
