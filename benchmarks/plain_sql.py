"""Rows of a store by plain SQL: what the worlds start with, and what passes are compared with.

Run as `python -m benchmarks.plain_sql WHAT STORE`, a process of its own.
"""

import sqlite3
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

_AT = "2026-11-30T12:00:00.000000Z"
BATCH = 10_000

# Each account of a group attaches each of the group's packs that no manifest attaches yet.
_FILL_CLUSTERS = f"""
INSERT OR IGNORE INTO attachment
    (pack_id, account_id, instance, mode, release_id, origin, entitled, updated_at)
SELECT pack.id, account.id, '', mode, current_id, 'account', 1, '{_AT}'
FROM pack JOIN account
ON substr(account.name, 9, 3) = substr(pack.name, 6, 3)
"""

_FILL_EDITIONS = f"""
WITH RECURSIVE place (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM place WHERE n < 99)
INSERT INTO attachment
    (pack_id, account_id, instance, mode, release_id, origin, entitled, updated_at)
SELECT pack.id, account.id, printf('shop-%02d', n), mode, current_id, 'account', 1, '{_AT}'
FROM pack, account, place
"""

_NEW_RELEASE = """
INSERT INTO release
    (pack_id, version, sort_key, body, declared, accepted_at, promoted_at, current_at)
SELECT pack_id, '1.1.0', sort_key || '~', body, 1, accepted_at, promoted_at, current_at
FROM release
"""
_TELL = f"""
INSERT INTO history
    (pack_id, account_id, instance, before_id, after_id, action, actor, revision, at)
SELECT pack_id, account_id, instance, release_id, :after, 'upgrade', 'bench',
    (SELECT revision FROM applied), '{_AT}'
FROM attachment
WHERE pack_id = :pack AND account_id BETWEEN :first AND :last
ORDER BY account_id, instance
"""
_MOVE = f"""
UPDATE attachment SET release_id = :after, updated_at = '{_AT}'
WHERE pack_id = :pack AND account_id BETWEEN :first AND :last
"""
_PROMOTE = f"""
UPDATE release SET promoted_at = '{_AT}', current_at = '{_AT}' WHERE id = :after
"""
_POINT = "UPDATE pack SET current_id = :after, pending_id = NULL WHERE id = :pack"
_EVENT = f"""
INSERT INTO event (at, pack, content, previous, digest)
SELECT '{_AT}', name, '{{}}', 'previous', 'digest' FROM pack WHERE id = :pack
"""
_BOUNDS = """
SELECT min(account_id) AS first, max(account_id) AS last FROM (
    SELECT account_id FROM attachment
    WHERE pack_id = :pack AND account_id > :done ORDER BY account_id LIMIT :batch
)
"""


def opened(store: Path) -> sqlite3.Connection:
    """A connection as the program's own: each transaction is on the disk when it ends."""
    connection = sqlite3.connect(store, isolation_level=None)
    for pragma in ("foreign_keys = ON", "cache_size = -16384", "wal_autocheckpoint = 0",
                   "synchronous = FULL", "temp_store = MEMORY"):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}")
    return connection


def fill_clusters(connection: sqlite3.Connection) -> None:
    """A hundred attachments a pack, of the accounts of its group."""
    _at_once(connection, _FILL_CLUSTERS)


def fill_editions(connection: sqlite3.Connection) -> None:
    """A hundred instances of the one pack in each account."""
    _at_once(connection, _FILL_EDITIONS)


def release(connection: sqlite3.Connection) -> None:
    """A new release of each pack, then its rows with their history, in batches."""
    _at_once(connection, _NEW_RELEASE)
    newest = "SELECT pack_id, max(id) FROM release GROUP BY pack_id"
    for pack, after in connection.execute(newest).fetchall():
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_POINT, {"pack": pack, "after": after})
        connection.execute("COMMIT")
        _move(connection, pack, after)


def promote(connection: sqlite3.Connection) -> None:
    """Every pending release: one transaction for the packs, then for each pack's rows."""
    found = connection.execute(
        "SELECT id, pending_id FROM pack WHERE pending_id IS NOT NULL"
    ).fetchall()
    values = [{"pack": pack, "after": after} for pack, after in found]
    connection.execute("BEGIN IMMEDIATE")
    for statement in (_PROMOTE, _POINT, _EVENT):
        connection.executemany(statement, values)
    connection.execute("COMMIT")
    for pack, after in found:
        _move(connection, pack, after)


def _move(connection: sqlite3.Connection, pack: int, after: int) -> None:
    done = -1
    while True:
        values = {"pack": pack, "after": after, "done": done, "batch": BATCH}
        first, last = connection.execute(_BOUNDS, values).fetchone()
        if first is None:
            return
        connection.execute("BEGIN IMMEDIATE")
        for statement in (_TELL, _MOVE):
            connection.execute(statement, {**values, "first": first, "last": last})
        connection.execute("COMMIT")
        done = last


def _at_once(connection: sqlite3.Connection, statement: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(statement)
    connection.execute("COMMIT")


WRITERS: Mapping[str, Callable[[sqlite3.Connection], None]] = {
    "fill-clusters": fill_clusters,
    "fill-editions": fill_editions,
    "release": release,
    "promote": promote,
}

if __name__ == "__main__":
    _connection = opened(Path(sys.argv[2]))
    WRITERS[sys.argv[1]](_connection)
    _connection.close()
