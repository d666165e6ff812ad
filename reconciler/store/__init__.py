"""The install base in a database: a URL -> ports.Store, and what looks after a store.

SQLite by default, PostgreSQL by URL. The modules with the queries know neither: what differs stands
behind reconciler.store.connection. Imports are made when they are needed: `--version` and
`validate` without a store never load a database.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import datetime
    from threading import Event

    from reconciler.model.base import Attached
    from reconciler.model.events import EventDraft
    from reconciler.ports import Clock, Store, WorkLog
    from reconciler.ports.access import Access, Answers
    from reconciler.ports.delivery import Deliveries
    from reconciler.ports.outbox import Outbox
    from reconciler.ports.search import Search
    from reconciler.ports.views import Views
    from reconciler.store.store import SqlStore


def open_store(
    url: str, *, mode: Literal["read", "write", "create"], clock: Clock, rehearsal: bool = False
) -> Store:
    """The store at `url` (sqlite:///relative.db, sqlite:////absolute.db, postgresql://…).

    `create` makes one when there is none, for rehearsal when asked. A store of an older schema has
    to be migrated first, whatever the mode; one of a newer schema is refused. Raises StoreError.
    """
    from reconciler.store.store import opened
    from reconciler.store.urls import database_at

    return opened(database_at(url), mode, clock, rehearsal)


def migrate(url: str) -> int:
    """Brings a store to the newest schema version, which is returned; makes one when there is none.

    Raises StoreError, and LeaseHeld while a pass runs.
    """
    from reconciler.store.urls import database_at

    return database_at(url).migrate()


def help_passes(url: str, *, batch: int, stop: Event, log: WorkLog) -> None:
    """Moves rows for whatever pass goes on, at most `batch` a transaction, until `stop` is set.

    Then it ends after the batch that it is in. Raises StoreError where that can't be: on SQLite,
    and when the store can't be used at the beginning; later trouble is told and tried again.
    """
    from reconciler.store.urls import database_at

    database_at(url).help_passes(batch, stop, log)


def check(url: str) -> list[str]:
    """What is wrong with a store, one sentence for each; empty when all is well.

    Verifies the file, the chain of events and what no constraint holds. Raises StoreError.
    """
    from reconciler.store.checking import violations
    from reconciler.store.urls import database_at

    return violations(database_at(url))


def backup(url: str, target_path: str) -> None:
    """Copies a store to a new SQLite file, as it is at one instant, also while a pass runs.

    The file appears when it is complete. Raises StoreError, also when the file exists already.
    """
    from reconciler.store.urls import database_at

    database_at(url).back_up(target_path)


def copy(source_url: str, target_url: str) -> int:
    """Moves an install base to another database, with its identity, events and history.

    Returns how many rows were copied. Raises LeaseHeld while a pass runs, and StoreError, also
    when there is a store in the target; then nothing was copied.
    """
    from reconciler.store.copying import copy_store
    from reconciler.store.urls import database_at

    return copy_store(database_at(source_url), database_at(target_url))


def partition(url: str, parts: int) -> str:
    """Divides attachments by account into `parts`, and history by month; adds coming months.

    On PostgreSQL only. Returns the first month (YYYY-MM) that has no part yet. Raises LeaseHeld
    while a pass runs, and StoreError.
    """
    from reconciler.store.urls import database_at

    return database_at(url).partition(parts)


def pooling(store: Store, size: int) -> AbstractContextManager[None]:
    """For the block at most `size` connections are kept, for a process that many ask."""
    return _sql(store).database.pooling(size)


def views_of(store: Store) -> Views:
    """Pages of the store, and the worlds of its accounts, for many who ask at the same time."""
    from reconciler.store.viewing import SqlViews

    sql = _sql(store)
    return SqlViews(sql.database, sql.memberships)


def failing_deliveries(store: Store) -> int:
    """How many attachments are overdue, or their runtime reports a failure."""
    from reconciler.store.failing import failing

    with _sql(store).database.reading() as connection:
        return failing(connection)


def deliveries_of(store: Store) -> Deliveries:
    """What the store keeps of deliveries to accounts' runtimes."""
    from reconciler.store.delivery import SqlDeliveries

    return SqlDeliveries(_sql(store).database)


def search_of(store: Store) -> Search:
    """Finds names in the store, for many who ask at the same time."""
    from reconciler.store.searching import SqlSearch

    return SqlSearch(_sql(store).database)


def trim(store: Store, before: str, actor: str) -> int:
    """Drops the history lines from before a month (YYYY-MM, UTC), and tells so in an event.

    Returns how many they were. Raises LeaseHeld while a pass runs, and StoreError.
    """
    from reconciler.store.retention import trim_history

    return trim_history(_sql(store), before, actor)


def access_of(store: Store) -> Access:
    """Who may use the HTTP API and the pages of this install base."""
    from reconciler.store.access import SqlAccess

    return SqlAccess(_sql(store).database)


def answers_of(store: Store) -> Answers:
    """First answers to requests that come with an Idempotency-Key."""
    from reconciler.store.answers import SqlAnswers

    return SqlAnswers(_sql(store).database)


def outbox_of(store: Store) -> Outbox:
    """What there is to tell of an install base, and to whom; each call has a connection."""
    from reconciler.store.outbox import SqlOutbox

    return SqlOutbox(_sql(store).database)


def export(store: Store) -> Iterator[str]:
    """The install base as JSON Lines (each with its newline), enough to restore it elsewhere.

    Holds no events and no history. The last line has a count and a digest of the others.
    """
    from reconciler.store.exporting import exported

    sql = _sql(store)
    return exported(sql.database, sql.clock.now())


def restate(
    lines: Iterable[str], rows: Iterable[Attached], due: Collection[str], now: datetime
) -> Iterator[str]:
    """An export with these attachments instead of its own; the next pass looks at `due` packs."""
    from reconciler.store.recording import restated

    return restated(lines, rows, due, now)


def restore(
    url: str,
    lines: Iterable[str],
    *,
    clock: Clock,
    rehearsal: bool = False,
    event: EventDraft | None = None,
) -> Store:
    """A new store from an export: complete, or not there at all.

    It gets an identity of its own, so that no plan of the lost store fits it by accident, and an
    event that says from when the export is, or `event`. Raises StoreError with the number of the
    line that is malformed, and when there is an install base already.
    """
    from reconciler.store.restoring import restored_store
    from reconciler.store.urls import database_at

    return restored_store(database_at(url), lines, clock, rehearsal, event)


@contextmanager
def exported_store(lines: Iterable[str], *, clock: Clock) -> Iterator[Store]:
    """The store that an export was taken of, as it was then, to be read; gone afterwards.

    It lies in a private temporary file and has the identity of the exported one, so that a plan
    made with it is a plan for that. Raises StoreError with the number of the line that is
    malformed.
    """
    from tempfile import TemporaryDirectory

    from reconciler.store.restoring import read_back
    from reconciler.store.urls import database_at

    with TemporaryDirectory(prefix="reconciler-") as folder:
        yield read_back(database_at(f"sqlite:///{folder}/snapshot.db"), lines, clock)


def _sql(store: Store) -> SqlStore:
    """What is asked of the store beside its port needs its database."""
    from reconciler.store.store import SqlStore

    assert isinstance(store, SqlStore)
    return store
