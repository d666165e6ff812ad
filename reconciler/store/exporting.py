"""A store -> JSON Lines that say everything that can't be had from git again."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from reconciler.model.decode import canonical
from reconciler.store import codec, reading
from reconciler.store.connection import Connection, Database

FORMAT = "reconciler-export"
VERSION = 3


_SUSPENDED = "SELECT name, suspended FROM account WHERE name NOT LIKE '%~%' ORDER BY name"
_DECLARATIONS = "SELECT kind, name, body FROM declaration ORDER BY kind, name"


def exported(database: Database, now: datetime) -> Iterator[str]:
    """The lines, each with its newline, of one consistent read; the last one closes the export."""
    with database.reading() as connection:
        yield from closed(_entries(connection, now))


def closed(entries: Iterable[dict[str, Any]]) -> Iterator[str]:
    """A line for each entry, and one that holds their number and digest."""
    sha256, count = hashlib.sha256(), 0
    for entry in entries:
        line = canonical(entry) + "\n"
        sha256.update(line.encode())
        count += 1
        yield line
    yield canonical({"type": "end", "lines": count, "sha256": sha256.hexdigest()}) + "\n"


def _entries(connection: Connection, now: datetime) -> Iterator[dict[str, Any]]:
    store_id, rehearsal = reading.identity(connection)
    applied = reading.applied(connection)
    yield {
        "type": "header",
        "format": FORMAT,
        "version": VERSION,
        "store": store_id,
        "rehearsal": rehearsal,
        "exported_at": codec.time_text(now),
        "applied": None if applied is None else codec.applied_row(applied),
    }
    for name, suspended in connection.stream(_SUSPENDED):
        yield {"type": "account", "name": name, "suspended": bool(suspended)}
    for record in reading.packs(connection).values():
        yield {"type": "pack", **codec.pack_row(record)}
        for release in record.releases.values():
            row = codec.release_row(release)
            yield {"type": "release", **row, "body": json.loads(row["body"])}
    for found in reading.components(connection):
        yield {
            "type": "component",
            "component": found.component,
            "version": found.version,
            "fingerprint": found.fingerprint,
        }
    for kind, name, body in connection.stream(_DECLARATIONS):
        yield {"type": "declaration", "kind": kind, "name": name, "body": json.loads(body)}
    for attached in reading.attached(connection):
        assert attached.updated_at is not None
        row = codec.attached_row(attached, codec.time_text(attached.updated_at))
        for column in ("declared", "requested"):
            row[column] = None if row[column] is None else json.loads(row[column])
        yield {"type": "attachment", **row}
    for copy in reading.copies(connection):
        yield {"type": "copy", **codec.copy_row(copy)}
