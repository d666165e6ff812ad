"""An install base in one database -> the same in another: identity, events and history included."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from reconciler.errors import StoreError
from reconciler.store import log, upkeep
from reconciler.store.connection import Connection, Database
from reconciler.store.urls import Place

# In the order of reference. Not copied: the lease, which is nobody's in a new place, and what a
# pack serves, which follows when its releases are there.
_TABLES: Mapping[str, tuple[str, ...]] = {
    "store": ("one", "store_id", "rehearsal", "created_at"),
    "applied": (
        "one", "revision", "applied_at", "passed_at", "settled", "gated", "next_due", "zone_rules",
        "refusals",
    ),
    "refusal": ("number", "revision", "reason", "message", "at"),
    "declaration": ("kind", "name", "body"),
    "component": ("component", "version", "fingerprint"),
    "account": ("id", "name", "suspended"),
    "pack": ("id", "name", "mode", "deployment", "declared", "testing_period", "due_at"),
    "release": (
        "id", "pack_id", "version", "sort_key", "body", "declared", "accepted_at", "promoted_at",
        "current_at", "opens_at",
    ),
    "attachment": (
        "pack_id", "account_id", "instance", "mode", "release_id", "origin", "entitled", "declared",
        "requested", "adopt_declared", "adopt_requested", "adopted_in", "adopt_at", "hold_until",
        "hold_reason", "updated_at",
    ),
    "template_copy": ("account_id", "component", "version", "copied_at", "actor"),
    "agent": ("account_id", "name", "sequence", "first_seen_at", "last_seen_at"),
    "report": (
        "account_id", "pack_id", "instance", "version", "digest", "verified", "failure",
        "reported_at", "behind_since", "told",
    ),
    "history": (
        "number", "pack_id", "account_id", "instance", "before_id", "after_id", "action", "actor",
        "revision", "at",
    ),
    "event": ("number", "at", "kind", "pack", "account", "content", "previous", "digest"),
    "chain_end": ("one", "number", "digest"),
    "token": (
        "id", "name", "role", "account_id", "digest", "hint", "created_at", "created_by",
        "expires_at", "revoked_at", "last_used_at",
    ),
    "session": (
        "digest", "token_id", "subject", "role", "account_id", "created_at", "expires_at",
    ),
    "failed_login": ("origin", "since", "failures"),
    "answered": ("principal", "key", "request", "at", "status", "headers", "body"),
    "channel": (
        "id", "account_id", "kind", "address", "secret", "topics", "created_at", "created_by",
        "since_event", "closed_at",
    ),
    "outbox": ("one", "event", "channel"),
    "notification": (
        "number", "channel_id", "event", "topic", "state", "attempts", "due_at", "at", "error",
    ),
    "reminder": ("key", "at"),
}  # fmt: skip
# SQLite has numbers for what PostgreSQL knows as true and false.
_FLAGS = frozenset(
    {
        ("store", "rehearsal"), ("applied", "settled"), ("applied", "gated"), ("pack", "declared"),
        ("release", "declared"), ("attachment", "entitled"), ("report", "verified"),
        ("report", "told"),
    }
)  # fmt: skip
_MADE_WITH_THE_TABLES = ("store", "chain_end", "outbox")

_SERVED = "SELECT id, current_id, pending_id FROM pack WHERE current_id > 0 OR pending_id > 0"
_SERVE = "UPDATE pack SET current_id = :current, pending_id = :pending WHERE id = :id"
_CREATED_AT = "SELECT rehearsal, created_at FROM store"


def copy_store(source: Database, target: Database) -> int:
    """Makes the target, complete or not at all; returns how many rows were copied.

    It keeps the identity of the source. Raises LeaseHeld while a pass runs on the source, and
    StoreError when there is a store in the target, or an account asked for something meanwhile.
    """
    with source.leased(0), source.reading() as connection:
        return _copied(connection, source, target)


def copied_to_file(source: Database, target_path: str) -> None:
    """A new SQLite store as the source is at one instant, also while a pass runs."""
    from reconciler.store.file_database import FileDatabase

    with upkeep.appearing(Path(target_path)) as partial, source.reading() as connection:
        place = Place(path=partial.resolve(), shown=str(partial))
        try:
            _copied(connection, None, FileDatabase(place))
        finally:
            place.beside(".write").unlink(missing_ok=True)


def _copied(connection: Connection, source: Database | None, target: Database) -> int:
    """`source` is looked at again before the commit, unless None."""
    rehearsal, at = connection.execute(_CREATED_AT).fetchone()
    end = connection.execute(log.END).fetchone()
    with target.writing(create=True) as writer, writer.transaction() as written:
        if not target.create(written, rehearsal=bool(rehearsal), at=at):
            raise StoreError(
                f"there is an install base at {target.shown} already",
                "copy to a place where there is none",
            )
        for table in _MADE_WITH_THE_TABLES:
            written.execute(f"DELETE FROM {table}")
        total = 0
        for table in _TABLES:
            rows = _Counted(_rows(connection, table))
            written.insert(table, _TABLES[table], rows)
            total += rows.count
            if table == "release":
                served = connection.execute(_SERVED).fetchall()
                names = ("id", "current", "pending")
                written.executemany(_SERVE, [dict(zip(names, row, strict=True)) for row in served])
        if source is not None:
            with source.reading() as again:
                if again.execute(log.END).fetchone() != end:
                    raise StoreError(
                        f"an account changed {source.shown} meanwhile; nothing was copied",
                        "keep accounts from asking, and run again",
                    )
        return total


def _rows(connection: Connection, table: str) -> Iterator[tuple[object, ...]]:
    columns = _TABLES[table]
    flags = [place for place, column in enumerate(columns) if (table, column) in _FLAGS]
    for row in connection.stream(f"SELECT {', '.join(columns)} FROM {table}"):
        if flags:
            values = list(row)
            for place in flags:
                values[place] = bool(values[place])
            yield tuple(values)
        else:
            yield row


class _Counted:
    """Counts rows on their way."""

    def __init__(self, rows: Iterator[tuple[object, ...]]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        for row in self._rows:
            self.count += 1
            yield row
