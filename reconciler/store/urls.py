"""A store's URL -> the database, or the file, that holds it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import StoreError

if TYPE_CHECKING:
    from reconciler.store.connection import Database

_SQLITE = "sqlite:///"


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
    from reconciler.store.file_database import FileDatabase

    return FileDatabase(place_of(url))


def place_of(url: str) -> Place:
    """`sqlite:///relative/path.db` or `sqlite:////absolute/path.db`. Raises StoreError."""
    shown = url.removeprefix(_SQLITE)
    if shown == url or not shown or shown.endswith("/") or shown == ":memory:" or "\0" in shown:
        raise StoreError(
            f"{_without_password(url)!r} is not the URL of a store",
            "write sqlite:///install-base.db, or sqlite:////var/lib/install-base.db (four slashes)"
            " for an absolute path",
        )
    place = Place(path=Path(shown).resolve(), shown=shown)
    if place.path.exists() and not place.path.is_file():
        what = "a folder" if place.path.is_dir() else "no regular file"
        raise StoreError(f"{shown} is {what}", "name the file that holds the install base")
    return place


def _without_password(url: str) -> str:
    """URLs of servers may hold a password, which must not reach a log."""
    scheme, separator, rest = url.partition("://")
    credentials, at, host = rest.rpartition("@")
    if not (separator and at):
        return url
    return f"{scheme}://{credentials.partition(':')[0]}@{host}"
