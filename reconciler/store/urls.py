"""A store's URL -> the database, or the file, that holds it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import StoreError

if TYPE_CHECKING:
    from reconciler.store.connection import Database

_SQLITE = "sqlite:///"
_POSTGRESQL = ("postgresql://", "postgres://")
_SECRET = re.compile(r"(?i)([?&](?:password|sslpassword)=)[^&#]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a SQLite store lies; `shown` is the path as the user wrote it, for messages.

    `path` has no symbolic links: two names of one store must come to the same lock files.
    """

    path: Path
    shown: str

    def beside(self, suffix: str) -> Path:
        """A file that belongs to the store, such as its -wal."""
        return self.path.with_name(self.path.name + suffix)


def database_at(url: str) -> Database:
    """What a URL names, chosen by its scheme. Raises StoreError."""
    if url.startswith(_POSTGRESQL):
        from reconciler.store.postgres.database import PostgresDatabase

        return PostgresDatabase(url)
    from reconciler.store.file_database import FileDatabase

    return FileDatabase(place_of(url))


def place_of(url: str) -> Place:
    """`sqlite:///relative/path.db` or `sqlite:////absolute/path.db`. Raises StoreError."""
    path = url.removeprefix(_SQLITE)
    if path == url or not path or path.endswith("/") or path == ":memory:" or "\0" in path:
        raise StoreError(
            f"{shown(url)!r} is not the URL of a store",
            "write sqlite:///install-base.db, sqlite:////var/lib/install-base.db (four slashes) for"
            " an absolute path, or postgresql://user@host/database",
        )
    place = Place(path=Path(path).resolve(), shown=path)
    if place.path.exists() and not place.path.is_file():
        what = "a folder" if place.path.is_dir() else "no regular file"
        raise StoreError(f"{path} is {what}", "name the file that holds the install base")
    return place


def shown(url: str) -> str:
    """The URL without what is secret: that of a server may hold a password."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    credentials, at, host = rest.rpartition("@")
    name = credentials.partition(":")[0]
    return _SECRET.sub(r"\1***", f"{scheme}://{name}{at}{host}")
