"""A database -> ports.Store: each call has a connection of its own, and one transaction."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Literal

from reconciler.errors import StoreError
from reconciler.model.base import Applied, Attached, InstallBase
from reconciler.model.declarations import Declaration, Kind
from reconciler.model.events import Event, HistoryLine
from reconciler.model.memory import paused_gc
from reconciler.model.requests import Decision
from reconciler.ports import Clock, Part, Refusal, Session
from reconciler.store import codec, deciding, log, reading
from reconciler.store import part as parts
from reconciler.store.connection import Database
from reconciler.store.membership_index import Memberships
from reconciler.store.rows import StoredRows
from reconciler.store.session import held_session

Mode = Literal["read", "write", "create"]


class SqlStore:
    """Implements ports.Store; may be used from several threads."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self.memberships = Memberships()
        with database.reading() as connection:
            self._store_id, self._rehearsal = reading.identity(connection)

    @property
    def store_id(self) -> str:
        return self._store_id

    @property
    def rehearsal(self) -> bool:
        """Created with --now: such a store takes the time from the caller."""
        return self._rehearsal

    def applied(self) -> Applied | None:
        """The revision in force, read by one row; None for a cold store."""
        with self.database.reading() as connection:
            return reading.applied(connection)

    def base(self) -> InstallBase:
        """Everything in one consistent read, but the attachments: they are read when asked for."""
        with self.database.reading() as connection:
            return reading.base(connection, StoredRows(self.database))

    def part(self, part: Part) -> InstallBase | None:
        """So much of it, in one consistent read; None when it is too much to be a part."""
        with self.database.reading() as connection, paused_gc():
            return parts.part(connection, self.database, part)

    def declared(
        self, names: Collection[tuple[Kind, str]] = (), kinds: Collection[Kind] = ()
    ) -> tuple[Declaration, ...]:
        """Declarations of the applied revision: these, and all of these kinds."""
        with self.database.reading() as connection:
            return parts.declared(connection, names, kinds)

    def mentioned(self, kind: Kind, words: str) -> Iterator[Declaration]:
        """Declarations of the applied revision that have `words` in their body."""
        with self.database.reading() as connection:
            yield from parts.mentioned(connection, kind, words)

    def contents(self) -> Iterator[tuple[str, str]]:
        """The content paths of packaged versions, and the git object ids of what lay there."""
        with self.database.reading() as connection:
            yield from parts.contents(connection)

    def publisher_zone(self) -> str | None:
        """The applied publisher's IANA zone, read by one row; None for a cold store."""
        with self.database.reading() as connection:
            return reading.publisher_zone(connection)

    def last_refusal(self) -> Refusal | None:
        """The newest refusal since the applied revision came into force."""
        with self.database.reading() as connection:
            return reading.last_refusal(connection)

    def attached(
        self, *, account: str | None = None, pack: str | None = None
    ) -> Iterator[Attached]:
        """Rows in order of account, pack, instance; streams, so that a million cost no memory."""
        with self.database.reading() as connection:
            yield from reading.attached(connection, account, pack)

    def counts(self) -> Mapping[str, Mapping[str | None, int]]:
        """pack -> release (None: not installed yet) -> rows; by one grouped query."""
        with self.database.reading() as connection:
            return reading.counts(connection)

    def adopted(self) -> Mapping[str, int]:
        """pack -> rows that run its pending release; packs with a pending release only."""
        with self.database.reading() as connection:
            return reading.adopted(connection)

    def history(
        self, *, account: str | None = None, pack: str | None = None, limit: int | None = None
    ) -> Iterator[HistoryLine]:
        """Oldest first; with `limit` the newest that many."""
        with self.database.reading() as connection:
            yield from log.history(connection, account, pack, limit)

    def events(
        self,
        *,
        pack: str | None = None,
        account: str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[Event]:
        """Oldest first; with `limit` the newest that many."""
        with self.database.reading() as connection:
            yield from log.events(connection, pack, account, since, limit)

    def request(
        self, account: str, pack: str | None, decide: Callable[[InstallBase], Decision]
    ) -> Decision:
        """What an account does for itself, in one short transaction without a lease."""
        with self.database.writing() as writer, writer.transaction() as connection:
            return deciding.decide_and_write(connection, self.memberships, account, pack, decide)

    def session(self, wait_seconds: float) -> AbstractContextManager[Session]:
        """Takes the lease for a pass. Raises LeaseHeld after waiting."""
        return held_session(self.database, wait_seconds)


def opened(database: Database, mode: Mode, clock: Clock, rehearsal: bool) -> SqlStore:
    """The store in a database. Raises StoreError; see reconciler.store.open_store."""
    if mode == "create":
        create(database, clock, rehearsal)
    store = SqlStore(database, clock)
    if rehearsal and mode != "read" and not store.rehearsal:
        raise StoreError(
            f"the install base {database.shown} is no rehearsal store: it takes the time from the"
            " clock alone",
            "leave --now out, or name another store, which is then made for rehearsal",
        )
    return store


def create(database: Database, clock: Clock, rehearsal: bool) -> None:
    """Makes the store in one transaction, unless one is there. Raises StoreError."""
    if database.exists():
        return
    with database.writing(create=True) as writer, writer.transaction() as connection:
        database.create(connection, rehearsal=rehearsal, at=codec.time_text(clock.now()))
