"""Rows of a store by plain SQL: what the worlds start with, and what passes are compared with.

Run as `python -m benchmarks.plain_sql WHAT URL`, a process of its own. Both databases run the same
statements in the same transactions.
"""

import json
import re
import sqlite3
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

_AT = "2026-11-30T12:00:00.000000Z"
BATCH = 10_000

# Each account of a group attaches each of the group's packs that no manifest attaches yet.
_FILL_CLUSTERS = f"""
INSERT INTO attachment
    (pack_id, account_id, instance, mode, release_id, origin, entitled, updated_at)
SELECT pack.id, account.id, '', mode, current_id, 'account', TRUE, '{_AT}'
FROM pack, account
WHERE substr(account.name, 9, 3) = substr(pack.name, 6, 3)
ON CONFLICT DO NOTHING
"""

_FILL_EDITIONS = f"""
WITH RECURSIVE place (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM place WHERE n < 99)
INSERT INTO attachment
    (pack_id, account_id, instance, mode, release_id, origin, entitled, updated_at)
SELECT pack.id, account.id, 'shop-' || CASE WHEN n < 10 THEN '0' ELSE '' END || n, mode,
    current_id, 'account', TRUE, '{_AT}'
FROM pack, account, place
ORDER BY account.id
"""

_FILL_REVIEWS = f"""
WITH RECURSIVE place (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM place WHERE n < 9)
INSERT INTO attachment
    (pack_id, account_id, instance, mode, release_id, origin, entitled, requested, updated_at)
SELECT pack.id, account.id, 'shop-' || n, mode, current_id, 'account', TRUE,
    '{{"environments":["' || CASE WHEN n = 0 THEN 'rehearsal' ELSE 'production' END
    || '"],"extensions":{{"erp":{{"baseUrl":"https://erp.' || account.name || '.example"}}}}}}',
    '{_AT}'
FROM pack, account, place
ORDER BY account.id
"""

_READ_REVIEWS = """
SELECT account.name, instance, release_id, declared, requested
FROM attachment JOIN account ON account.id = account_id
ORDER BY account.name, instance
"""

_NEW_RELEASE = """
INSERT INTO release
    (pack_id, version, sort_key, body, declared, accepted_at, promoted_at, current_at)
SELECT pack_id, '1.1.0', sort_key || '~', body, TRUE, accepted_at, promoted_at, current_at
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
INSERT INTO event (number, at, pack, content, previous, digest)
SELECT (SELECT coalesce(max(number), 0) + 1 FROM event), '{_AT}', name, '{{}}', 'previous', 'digest'
FROM pack WHERE id = :pack
"""
_BOUNDS = """
SELECT min(account_id) AS first, max(account_id) AS last FROM (
    SELECT account_id FROM attachment
    WHERE pack_id = :pack AND account_id > :done ORDER BY account_id LIMIT :batch
) AS range
"""
_VALUE = re.compile(r":([a-z]+)")

Values = Mapping[str, Any]


class Connection(Protocol):
    """What the writers below need; each transaction is on the disk when it ends."""

    def execute(self, statement: str, values: Values = ..., /) -> Any: ...

    def executemany(self, statement: str, rows: Iterable[Values], /) -> Any: ...

    def close(self) -> None: ...


class _Postgres:
    """Values by name as SQLite has them. Implements Connection."""

    def __init__(self, url: str) -> None:
        import psycopg

        self._raw = psycopg.connect(url, autocommit=True)

    def execute(self, statement: str, values: Values | None = None, /) -> Any:
        return self._raw.execute(_VALUE.sub(r"%(\1)s", statement) if values else statement, values)

    def executemany(self, statement: str, rows: Iterable[Values], /) -> Any:
        with self._raw.cursor() as cursor:
            cursor.executemany(_VALUE.sub(r"%(\1)s", statement), rows)

    def close(self) -> None:
        self._raw.close()


def opened(url: str) -> Connection:
    """A connection with the settings of the program's own."""
    if url.startswith("postgresql:"):
        return _Postgres(url)
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    for pragma in ("foreign_keys = ON", "cache_size = -16384", "wal_autocheckpoint = 0",
                   "synchronous = FULL", "temp_store = MEMORY"):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}")
    return connection


def fill_clusters(connection: Connection) -> None:
    """A hundred attachments a pack, of the accounts of its group."""
    connection.execute(_FILL_CLUSTERS)


def fill_editions(connection: Connection) -> None:
    """A hundred instances of the one pack in each account."""
    connection.execute(_FILL_EDITIONS)


def fill_reviews(connection: Connection) -> None:
    """Ten instances of the one pack in each account, with values that differ by account."""
    connection.execute(_FILL_REVIEWS)


def read_reviews(connection: Connection) -> None:
    """Every attachment with what was filled in, decoded."""
    for *_, declared, requested in connection.execute(_READ_REVIEWS):
        for text in (declared, requested):
            if text is not None:
                json.loads(text)


def release(connection: Connection) -> None:
    """A new release of each pack, then its rows with their history, in batches."""
    connection.execute(_NEW_RELEASE)
    newest = "SELECT pack_id, max(id) FROM release GROUP BY pack_id"
    for pack, after in connection.execute(newest).fetchall():
        connection.execute(_POINT, {"pack": pack, "after": after})
        _move(connection, pack, after)


def promote(connection: Connection) -> None:
    """Every pending release: one transaction for the packs, then for each pack's rows."""
    found = connection.execute(
        "SELECT id, pending_id FROM pack WHERE pending_id IS NOT NULL"
    ).fetchall()
    values = [{"pack": pack, "after": after} for pack, after in found]
    connection.execute("BEGIN")
    for statement in (_PROMOTE, _POINT, _EVENT):
        connection.executemany(statement, values)
    connection.execute("COMMIT")
    for pack, after in found:
        _move(connection, pack, after)


def _move(connection: Connection, pack: int, after: int) -> None:
    done = -1
    while True:
        values = {"pack": pack, "after": after, "done": done, "batch": BATCH}
        first, last = connection.execute(_BOUNDS, values).fetchone()
        if first is None:
            return
        connection.execute("BEGIN")
        for statement in (_TELL, _MOVE):
            connection.execute(statement, {**values, "first": first, "last": last})
        connection.execute("COMMIT")
        done = last


WRITERS: Mapping[str, Callable[[Connection], None]] = {
    "fill-clusters": fill_clusters,
    "fill-editions": fill_editions,
    "fill-reviews": fill_reviews,
    "read-reviews": read_reviews,
    "release": release,
    "promote": promote,
}

if __name__ == "__main__":
    _connection = opened(sys.argv[2])
    WRITERS[sys.argv[1]](_connection)
    _connection.close()
